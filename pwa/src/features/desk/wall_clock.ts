/** Clock times in the area's zone, as forms show and take them; instants everywhere else. */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const formats = new Map<string, Intl.DateTimeFormat>();

function parts_of(at_ms: number, zone: string): Record<string, number> {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return Object.fromEntries(format.formatToParts(at_ms).map((part) => [part.type, Number(part.value)]));
}

/** How far the zone's clocks are ahead of UTC at a moment, in milliseconds. */
function offset_ms(at_ms: number, zone: string): number {
  const part = parts_of(at_ms, zone);
  const wall = Date.UTC(part['year']!, part['month']! - 1, part['day']!, part['hour']!, part['minute']!, part['second']!);
  return wall - Math.floor(at_ms / 1000) * 1000;
}

/** What a `datetime-local` input shows for a moment: 2026-06-05T20:00 in the zone. */
export function to_wall(at_ms: number, zone: string): string {
  return new Date(at_ms + offset_ms(at_ms, zone)).toISOString().slice(0, 16);
}

/** The moment that a `datetime-local` input means in the zone, in milliseconds; NaN while it is incomplete. */
export function from_wall(text: string, zone: string): number {
  const wall_ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? Date.parse(`${text.slice(0, 16)}:00Z`) : NaN;
  if (Number.isNaN(wall_ms)) return NaN;
  // Twice, because the offset at the guess may differ from the one at the answer (summer time).
  const guess_ms = wall_ms - offset_ms(wall_ms, zone);
  return wall_ms - offset_ms(guess_ms, zone);
}

/** A clock time ("20:00") so many days after the zone's today, in milliseconds. */
export function at_clock(now_ms: number, days: number, clock: string, zone: string): number {
  return from_wall(`${to_wall(now_ms + days * DAY_MS, zone).slice(0, 10)}T${clock}`, zone);
}

/** The next full five minutes, at least one minute away. */
export function next_five_minutes(now_ms: number): number {
  return Math.ceil((now_ms + MINUTE_MS) / (5 * MINUTE_MS)) * 5 * MINUTE_MS;
}

/** The coming evening at a clock time: today's while it is still at least an hour away, else tomorrow's. */
export function coming(now_ms: number, clock: string, zone: string, at_least_ms = 60 * MINUTE_MS): number {
  const today_ms = at_clock(now_ms, 0, clock, zone);
  return today_ms - now_ms >= at_least_ms ? today_ms : at_clock(now_ms, 1, clock, zone);
}

/** Whether clocks in the zone show night: 19:00 to 06:00, when desks are read in dark rooms. */
export function is_night(at_ms: number, zone: string): boolean {
  const hour = parts_of(at_ms, zone)['hour']!;
  return hour >= 19 || hour < 6;
}
