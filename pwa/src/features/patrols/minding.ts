/** Which warned place a walker is coming near: told in time, once a walk. */
import type { RouteNote } from '../../api/types';
import { distance_m } from '../../map/geo';

/** Half a minute on foot before one is there; positions are wrong by some of it. */
export const TOLD_WITHIN_M = 60;
/** Well past it the line goes by itself. */
export const PAST_M = 120;

interface Place {
  lon: number;
  lat: number;
}

/** The nearest place that has not been told and is near enough to be told now. */
export function to_tell(here: Place, notes: readonly RouteNote[], told: readonly string[]): RouteNote | null {
  let nearest: RouteNote | null = null;
  let nearest_m = TOLD_WITHIN_M;
  for (const note of notes) {
    const away_m = distance_m(here, note);
    if (away_m <= nearest_m && !told.includes(note.id)) [nearest, nearest_m] = [note, away_m];
  }
  return nearest;
}

/** Whether a place that was told is behind the walker. */
export const is_past = (here: Place, note: RouteNote) => distance_m(here, note) > PAST_M;
