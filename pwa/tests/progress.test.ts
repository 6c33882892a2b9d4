/** The phone's own idea of a patrol: where one is, how long one has stayed, what comes next. */
import { expect, test } from 'vitest';
import { distance_m, parts_of } from '../src/map/geo';
import { is_past, to_tell } from '../src/features/patrols/minding';
import { LONGEST_STEP_S, advance, is_done, lengthen, next_stop, start_progress, type Progress } from '../src/features/patrols/progress';

const METRE = 1 / 111_195;
const stops = [
  { lon: 122.6, lat: 27.5, dwell_s: 600 },
  { lon: 122.6, lat: 27.5 + 300 * METRE, dwell_s: 600 },
];

/** Walks along a meridian: one fix a step, `north_m` metres from the first stop. */
function walk(steps: [at_s: number, north_m: number][], accuracy_m = 8, from = start_progress(stops)): Progress {
  return steps.reduce(
    (progress, [at_s, north_m]) =>
      advance(progress, stops, { lon: 122.6, lat: 27.5 + north_m * METRE, accuracy_m, at_ms: at_s * 1000 }),
    from,
  );
}

test('distances are metres on the ground', () => {
  expect(distance_m(stops[0]!, stops[1]!)).toBeCloseTo(300, 0);
  expect(distance_m({ lon: 0, lat: 60 }, { lon: 1, lat: 60 })).toBeCloseTo(55_597, -2);
});

test('time at a stop counts, time between stops does not', () => {
  const progress = walk([[0, 0], [60, 5], [120, 0], [150, 100], [180, 200]]);
  expect(progress.dwelt_s[0]).toBe(120);
  expect(progress.dwelt_s[1]).toBe(0);
  expect(progress.at).toBeNull();
});

test('a position that wanders at the edge does not leave and enter again', () => {
  const progress = walk([[0, 40], [30, 55], [60, 44], [90, 60], [120, 40]]);
  expect(progress.at).toBe(0);
  expect(progress.dwelt_s[0]).toBe(120);
});

test('entering needs to be nearer than staying', () => {
  expect(walk([[0, 55]]).at).toBeNull();
});

test('silence is a gap: it counts neither as presence nor as a straight line walked', () => {
  const progress = walk([[0, 0], [10, 0], [400, 0], [800, 300]]);
  expect(progress.dwelt_s[0]).toBe(10);
  expect(progress.length_m).toBe(0);
});

test('wandering while standing is not walking, and a leap is not walking either', () => {
  const standing = Array.from({ length: 60 }, (_, n): [number, number] => [n * 5, n % 2 ? 4 : 0]);
  expect(walk(standing).length_m).toBeLessThan(20);
  expect(walk([[0, 0], [10, 1400]]).length_m).toBe(0);
  expect(walk([[0, 0], [20, 25], [40, 50], [60, 75]]).length_m).toBeCloseTo(75, 0);
});

test('fixes that come late and out of order change nothing', () => {
  const progress = walk([[0, 0], [60, 0]]);
  expect(walk([[30, 0]], 8, progress)).toBe(progress);
});

test('the next stop is the one being dwelt at until it is done, then the one after the last entered', () => {
  expect(next_stop(start_progress(stops), stops)).toBe(0);
  const at_first = walk([[0, 0], [60, 0]]);
  expect(next_stop(at_first, stops)).toBe(0);
  const skipped = walk([[0, 0], [60, 100], [120, 200]]);
  expect(next_stop(skipped, stops)).toBe(1);
  const dwelt = walk(Array.from({ length: 9 }, (_, n): [number, number] => [n * 60, 0]));
  expect(is_done(dwelt, stops, 0)).toBe(true);
  expect(next_stop(dwelt, stops)).toBe(1);
  const both = walk(Array.from({ length: 9 }, (_, n): [number, number] => [1000 + n * 60, 300]), 8, dwelt);
  expect(next_stop(both, stops)).toBeNull();
});

test('lines are read from whatever geometry the server sends, and nothing else is', () => {
  expect(parts_of({ type: 'LineString', coordinates: [[1, 2], [3, 4]] })).toEqual([[[1, 2], [3, 4]]]);
  expect(parts_of({ type: 'MultiLineString', coordinates: [[[1, 2]], [[3, 4]]] })).toHaveLength(2);
  expect(parts_of({ type: 'Point', coordinates: [1, 2] })).toEqual([]);
  expect(parts_of(null)).toEqual([]);
});

test('after a silence the way walked begins anew, with no line across the gap', () => {
  let way = lengthen([], [1, 1], 0);
  way = lengthen(way, [1, 2], 5);
  way = lengthen(way, [9, 9], LONGEST_STEP_S + 1);
  way = lengthen(way, [9, 8], LONGEST_STEP_S);
  expect(way).toEqual([
    [[1, 1], [1, 2]],
    [[9, 9], [9, 8]],
  ]);
});

test('a warned place is told from sixty metres on, the nearest first, each once', () => {
  const north = (metres: number) => ({ lon: 122.6, lat: 27.5 + metres * METRE });
  const note = (id: string, metres: number) => ({ id, kind: 'water', note: '', ...north(metres) });
  const notes = [note('far', 110), note('near', 100)];
  expect(to_tell(north(39), notes, [])).toBeNull();
  expect(to_tell(north(41), notes, [])?.id).toBe('near');
  expect(to_tell(north(55), notes, [])?.id).toBe('near');
  expect(to_tell(north(55), notes, ['near'])?.id).toBe('far');
  expect(to_tell(north(105), notes, ['near', 'far'])).toBeNull();
  expect(is_past(north(219), notes[1]!)).toBe(false);
  expect(is_past(north(221), notes[1]!)).toBe(true);
});
