/** In the demo a phone that is not in its made-up town walks the route by itself, faster than people; the screen says so. */
import type { LonLat } from '../../api/types';
import { in_town } from '../../app/demo_town';
import { distance_m } from '../../map/geo';

export interface Seen {
  coords: Pick<GeolocationCoordinates, 'longitude' | 'latitude' | 'accuracy' | 'speed' | 'heading'>;
  timestamp: number;
}

const STEP_MS = 2_000;
/** Three times a walker's pace: a tour takes minutes, a patrol an hour. */
const PACE_M_S = 4;
const ACCURACY_M = 6;
const ROUND_M = 120;
const METRES_A_DEGREE = 111_195;

/**
 * Watches the phone's position, or walks `path` where the phone is elsewhere or gives none.
 * `simulating` is called when that begins. Returns how to stop.
 */
export function watch_in_demo(
  path: readonly LonLat[],
  from: LonLat | undefined,
  options: PositionOptions,
  take: (seen: Seen) => void,
  simulating: () => void,
): () => void {
  let stop = () => {};
  const simulate = () => {
    stop();
    simulating();
    stop = walk(path, from, take);
  };
  if (!('geolocation' in navigator)) {
    simulate();
    return () => stop();
  }
  const watching = navigator.geolocation.watchPosition(
    (seen) => (in_town(seen.coords.longitude, seen.coords.latitude) ? take(seen) : simulate()),
    simulate,
    options,
  );
  stop = () => navigator.geolocation.clearWatch(watching);
  return () => stop();
}

function walk(path: readonly LonLat[], from: LonLat | undefined, take: (seen: Seen) => void): () => void {
  let gone_m = from ? nearest_m(path, from) : 0;
  const step = () => {
    const [longitude, latitude] = point_at(path, gone_m);
    gone_m += (PACE_M_S * STEP_MS) / 1000;
    take({ coords: { longitude, latitude, accuracy: ACCURACY_M, speed: PACE_M_S, heading: null }, timestamp: Date.now() });
  };
  step();
  const timer = setInterval(step, STEP_MS);
  return () => clearInterval(timer);
}

/** A small round for a walk without a route. */
export function round_about([lon, lat]: LonLat): LonLat[] {
  const corners = 24;
  return Array.from({ length: corners * 3 + 1 }, (_, corner) => {
    const turn = (2 * Math.PI * corner) / corners;
    const wide = Math.cos((lat * Math.PI) / 180);
    return [
      lon + (ROUND_M * Math.sin(turn)) / METRES_A_DEGREE / wide,
      lat + (ROUND_M * Math.cos(turn)) / METRES_A_DEGREE,
    ];
  });
}

/** The point so many metres along a path; its end for more than its length. */
export function point_at(path: readonly LonLat[], metres: number): LonLat {
  let left_m = metres;
  for (let index = 1; index < path.length; index++) {
    const [a, b] = [path[index - 1]!, path[index]!];
    const length_m = between_m(a, b);
    if (left_m <= length_m && length_m > 0) {
      const share = left_m / length_m;
      return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
    }
    left_m -= length_m;
  }
  return path.at(-1)!;
}

/** How far along the path its corner nearest to a place is. */
function nearest_m(path: readonly LonLat[], place: LonLat): number {
  let best = { away_m: Infinity, at_m: 0 };
  let at_m = 0;
  path.forEach((corner, index) => {
    if (index > 0) at_m += between_m(path[index - 1]!, corner);
    const away_m = between_m(corner, place);
    if (away_m < best.away_m) best = { away_m, at_m };
  });
  return best.at_m;
}

const between_m = (a: LonLat, b: LonLat) => distance_m({ lon: a[0], lat: a[1] }, { lon: b[0], lat: b[1] });
