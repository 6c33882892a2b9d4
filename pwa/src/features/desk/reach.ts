/** Who can be at a place in how many minutes: teams by the smallest area that holds them. */
import type { LonLat, ReachArea } from '../../api/types';
import type { Placed } from './live.svelte';

/** Whether a place lies inside an odd number of rings: in the area, and in none of its holes. */
export function is_inside(rings: readonly (readonly LonLat[])[], lon: number, lat: number): boolean {
  let inside = false;
  for (const ring of rings) {
    ring.forEach(([x, y], index) => {
      const [before_x, before_y] = ring.at(index - 1)!;
      if (y > lat !== before_y > lat && lon < ((before_x - x) * (lat - y)) / (before_y - y) + x) inside = !inside;
    });
  }
  return inside;
}

export interface Near {
  minutes: number;
  teams: Placed[];
}

/** For each of the areas (the smallest first) the teams in it that are in no smaller one. Teams without a position are in none. */
export function teams_within(areas: readonly ReachArea[], teams: readonly Placed[]): Near[] {
  const left = new Set(teams);
  return areas.map(({ minutes, rings }) => {
    const found = [...left].filter(({ lon, lat }) => lon !== null && lat !== null && is_inside(rings as LonLat[][], lon, lat));
    for (const team of found) left.delete(team);
    return { minutes, teams: found };
  });
}
