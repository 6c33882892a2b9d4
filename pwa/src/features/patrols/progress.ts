/** How far along its stops a patrol is, judged on the phone for its own screen; the server judges again for the record. */
import type { LonLat } from '../../api/types';
import { distance_m } from '../../map/geo';

/** Inside a stop from here on, and until there: two radii, so that a wandering position does not flap. */
export const ENTER_M = 45;
export const LEAVE_M = 70;
/** Time between two fixes counts towards the dwell up to this; longer silence is a gap, not presence. */
export const LONGEST_STEP_S = 90;
/** Faster than this is a position gone astray, or a ride; neither is walking. */
export const FASTEST_M_S = 6;
/** The share of the planned dwell after which a stop counts as done. */
export const ENOUGH = 0.8;

export interface StopPlace {
  lon: number;
  lat: number;
  dwell_s: number;
}

export interface PlacedFix {
  lon: number;
  lat: number;
  accuracy_m: number;
  at_ms: number;
}

export interface Progress {
  /** Seconds spent at each stop so far. */
  dwelt_s: number[];
  /** The stop the person is at, by index. */
  at: number | null;
  /** Stops entered at least once. */
  entered: boolean[];
  length_m: number;
  last: PlacedFix | null;
}

export function start_progress(stops: readonly StopPlace[]): Progress {
  return { dwelt_s: stops.map(() => 0), at: null, entered: stops.map(() => false), length_m: 0, last: null };
}

/** The progress after one more fix. Pure: the former one is left as it was. */
export function advance(progress: Progress, stops: readonly StopPlace[], fix: PlacedFix): Progress {
  const { last } = progress;
  const step_s = last ? (fix.at_ms - last.at_ms) / 1000 : 0;
  if (step_s < 0) return progress;
  const next: Progress = {
    ...progress,
    dwelt_s: [...progress.dwelt_s],
    entered: [...progress.entered],
    at: stop_at(progress.at, stops, fix),
    last: fix,
  };
  if (last && step_s <= LONGEST_STEP_S) {
    const moved_m = distance_m(last, fix);
    // Standing still, positions wander within their accuracy; that is not walking.
    if (moved_m <= Math.min(15, Math.max(5, fix.accuracy_m / 2))) next.last = { ...last, at_ms: fix.at_ms };
    else if (moved_m <= step_s * FASTEST_M_S) next.length_m += moved_m;
    if (progress.at !== null && progress.at === next.at) next.dwelt_s[progress.at]! += step_s;
  }
  if (next.at !== null) next.entered[next.at] = true;
  return next;
}

/** How many positions of one stretch are kept for drawing. */
const STRETCH_KEPT = 3_000;

/** The way walked with one more place; after a silence it begins anew, since nobody knows what was walked in between. */
export function lengthen(stretches: readonly LonLat[][], place: LonLat, silent_s: number): LonLat[][] {
  const current = stretches.at(-1);
  if (!current || silent_s > LONGEST_STEP_S) return [...stretches, [place]];
  return [...stretches.slice(0, -1), [...current, place].slice(-STRETCH_KEPT)];
}

function stop_at(at: number | null, stops: readonly StopPlace[], fix: PlacedFix): number | null {
  if (at !== null && distance_m(stops[at]!, fix) <= LEAVE_M) return at;
  let best: { index: number; away_m: number } | null = null;
  stops.forEach((stop, index) => {
    const away_m = distance_m(stop, fix);
    if (away_m <= ENTER_M && (!best || away_m < best.away_m)) best = { index, away_m };
  });
  return (best as { index: number } | null)?.index ?? null;
}

/** Whether the person has stayed long enough at a stop. */
export function is_done(progress: Progress, stops: readonly StopPlace[], index: number): boolean {
  return progress.dwelt_s[index]! >= stops[index]!.dwell_s * ENOUGH;
}

/** The stop to go to now: the one being dwelt at while unfinished, else the first unfinished after the last one entered. */
export function next_stop(progress: Progress, stops: readonly StopPlace[]): number | null {
  if (progress.at !== null && !is_done(progress, stops, progress.at)) return progress.at;
  const last_entered = progress.entered.lastIndexOf(true);
  for (let index = last_entered + 1; index < stops.length; index++) {
    if (!is_done(progress, stops, index)) return index;
  }
  return null;
}
