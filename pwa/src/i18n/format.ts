/** Numbers, distances and times as people say them, in the person's language and the area's time zone. */
import { server_now_ms } from '../api/client';
import { settings } from '../app/settings.svelte';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let zone = 'Asia/Shanghai';

/** Sets the zone in which clock times are written: the zone of the area, not of the phone. */
export function use_time_zone(name: string): void {
  zone = name;
}

const english = () => settings.locale === 'en';
const formats = new Map<string, Intl.DateTimeFormat>();

function date_format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${settings.locale} ${zone} ${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) {
    const locale = english() ? 'en-GB' : 'zh-CN';
    found = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', ...options });
    formats.set(key, found);
  }
  return found;
}

type When = string | number | Date;
const ms_of = (when: When) => (typeof when === 'number' ? when : new Date(when).getTime());

/** 350 m, 1.9 km, 12 km: metres up to 995, then kilometres with one decimal up to ten. */
export function distance(length_m: number): string {
  if (length_m < 995) return `${length_m < 100 ? Math.round(length_m) : Math.round(length_m / 10) * 10} m`;
  const km = length_m / 1000;
  return `${km < 9.95 ? km.toFixed(1) : Math.round(km)} km`;
}

/** Things named one after the other: 王芳、李强 / Wang Fang, Li Qiang. */
export function listed(names: readonly string[]): string {
  return names.join(english() ? ', ' : '、');
}

/** What is said one after the other in one sentence. */
export function joined(parts: readonly string[]): string {
  return parts.join(english() ? '; ' : '，');
}

/** A length of time in words: 28 分钟 / 28 min, 1 小时 30 分 / 1 h 30 min. Never less than a minute unless zero. */
export function duration(length_s: number): string {
  const minutes = length_s > 0 ? Math.max(1, Math.round(length_s / 60)) : 0;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (english()) return hours ? `${hours} h${rest ? ` ${rest} min` : ''}` : `${rest} min`;
  return hours ? `${hours} 小时${rest ? ` ${rest} 分` : ''}` : `${rest} 分钟`;
}

/** A stopwatch: 7:12, 1:07:12. */
export function stopwatch(length_s: number): string {
  const whole = Math.max(0, Math.floor(length_s));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const seconds = String(whole % 60).padStart(2, '0');
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}

/** The clock in the area: 20:31. */
export function clock(when: When): string {
  return date_format({ hour: '2-digit', minute: '2-digit' }).format(ms_of(when));
}

/** The day's number in the area, so that days can be subtracted. */
function day_number(ms: number): number {
  const parts = date_format({ year: 'numeric', month: 'numeric', day: 'numeric' }).formatToParts(ms);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day')) / DAY_MS;
}

/** 今天, 明天, 昨天, else 周六 within a week, else 12月5日. Empty for today when `hide_today`. */
export function day(when: When, { now_ms = server_now_ms(), hide_today = false } = {}): string {
  const ms = ms_of(when);
  const ahead = day_number(ms) - day_number(now_ms);
  if (ahead === 0) return hide_today ? '' : english() ? 'today' : '今天';
  if (ahead === 1) return english() ? 'tomorrow' : '明天';
  if (ahead === -1) return english() ? 'yesterday' : '昨天';
  if (ahead > 1 && ahead < 7) return date_format({ weekday: 'short' }).format(ms);
  return date_format({ month: english() ? 'short' : 'long', day: 'numeric' }).format(ms);
}

/** A moment with its day when it is not today: 20:31, 明天 07:10, 12月5日 20:31. */
export function moment(when: When, now_ms: number = server_now_ms()): string {
  return [day(when, { now_ms, hide_today: true }), clock(when)].filter(Boolean).join(' ');
}

/** A stretch of time: 20:00–21:30, 明天 07:10–08:00. */
export function span(from: When, to: When, now_ms: number = server_now_ms()): string {
  return `${moment(from, now_ms)}–${clock(to)}`;
}

/** Age or wait: in words under an hour (刚刚, 4 分钟前, 8 分钟后), as a moment above. */
export function relative(when: When, now_ms: number = server_now_ms()): string {
  const past_ms = now_ms - ms_of(when);
  if (Math.abs(past_ms) >= HOUR_MS) return moment(when, now_ms);
  if (Math.abs(past_ms) < 45_000) return english() ? 'just now' : '刚刚';
  const minutes = Math.max(1, Math.round(Math.abs(past_ms) / 60_000));
  if (past_ms > 0) return english() ? `${minutes} min ago` : `${minutes} 分钟前`;
  return english() ? `in ${minutes} min` : `${minutes} 分钟后`;
}

/** A date for records: 2026年12月5日 20:31 / 5 Dec 2026, 20:31. */
export function full_date(when: When): string {
  return date_format({
    year: 'numeric',
    month: english() ? 'short' : 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(ms_of(when));
}

/** A day far off or long past: 2028年12月5日 / 5 Dec 2028. */
export function date(when: When): string {
  return date_format({ year: 'numeric', month: english() ? 'short' : 'long', day: 'numeric' }).format(ms_of(when));
}

/** A month as statements name it ("2026-10"): 2026年10月 / Oct 2026. */
export function month(period: string): string {
  const [year, number_of_month] = period.split('-').map(Number);
  const noon = Date.UTC(year!, number_of_month! - 1, 15, 12);
  return date_format({ year: 'numeric', month: english() ? 'short' : 'long' }).format(noon);
}

/** Whole numbers with separators from ten thousand. */
export function number(value: number): string {
  return new Intl.NumberFormat(english() ? 'en' : 'zh-CN', { useGrouping: value >= 10_000 }).format(value);
}

/** Points with their sign: +18, −30 (a real minus). */
export function signed(points: number): string {
  return points < 0 ? `−${number(-points)}` : `+${number(points)}`;
}

/** 91%, without decimals. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** Eight digits in two groups, as they are read aloud. */
export function code_groups(code: string): string {
  return code.replace(/(\d{4})(?=\d)/g, '$1 ');
}
