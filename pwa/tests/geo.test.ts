/** How far from the route a walker is. */
import { expect, test } from 'vitest';
import type { LonLat } from '../src/api/types';
import { away_from_line_m, outer_rings } from '../src/map/geo';

const STREET: LonLat[] = [
  [122.6, 27.49],
  [122.61, 27.49],
  [122.61, 27.5],
];

test('beside a street it is the way to the street, not to its corners', () => {
  expect(away_from_line_m({ lon: 122.605, lat: 27.491 }, STREET)).toBeCloseTo(111.2, 0);
  expect(away_from_line_m({ lon: 122.605, lat: 27.49 }, STREET)).toBeLessThan(0.1);
});

test('past the end it is the way to the end', () => {
  expect(away_from_line_m({ lon: 122.61, lat: 27.501 }, STREET)).toBeCloseTo(111.2, 0);
});

test('of no line nothing is near', () => {
  expect(away_from_line_m({ lon: 1, lat: 2 }, [])).toBe(Infinity);
  expect(away_from_line_m({ lon: 0, lat: 1 }, [[0, 0]])).toBeCloseTo(111_195, -1);
});

test('an area is its outer rings, whatever holes and parts it has', () => {
  const ring = (at: number) => [[at, 0], [at + 1, 0], [at, 1], [at, 0]];
  expect(outer_rings({ geometry: { type: 'Polygon', coordinates: [ring(0), ring(0.1)] } })).toEqual([ring(0)]);
  expect(outer_rings({ geometry: { type: 'MultiPolygon', coordinates: [[ring(0), ring(0.1)], [ring(5)]] } })).toEqual([ring(0), ring(5)]);
  expect(outer_rings(undefined)).toEqual([]);
});
