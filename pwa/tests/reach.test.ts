/** Who can be at a place: a team belongs to the smallest area that holds it, and to none inside a hole. */
import { expect, test } from 'vitest';
import type { LonLat } from '../src/api/types';
import type { Placed } from '../src/features/desk/live.svelte';
import { is_inside, teams_within } from '../src/features/desk/reach';

const box = (half: number): LonLat[] => [[-half, -half], [half, -half], [half, half], [-half, half], [-half, -half]];
const team = (lon: number | null, lat: number | null) => ({ lon, lat }) as Placed;

test('a hole is not inside, and what lies in a hole’s own part is', () => {
  const rings = [box(3), box(2), box(1)];
  expect([0.5, 1.5, 2.5, 3.5].map((x) => is_inside(rings, x, 0.1))).toEqual([true, false, true, false]);
});

test('a team is told once, with the least minutes', () => {
  const near = team(0.2, 0.2);
  const far = team(1.5, -1.5);
  const found = teams_within([{ minutes: 5, rings: [box(1)] }, { minutes: 10, rings: [box(2)] }], [far, team(9, 9), near, team(null, null)]);
  expect(found).toEqual([{ minutes: 5, teams: [near] }, { minutes: 10, teams: [far] }]);
});
