/** The demo's town is made up: nobody's phone is there, so it is taken to be in the middle of the person's own community. */
import { session } from '../api/session.svelte';
import type { LonLat } from '../api/types';
import { district_of, home_area } from '../features/areas/areas.svelte';
import { distance_m } from '../map/geo';

const TOWN_M = 50_000;

/** Whether a place counts as it is: always, but in the demo only near its town. */
export function in_town(lon: number, lat: number): boolean {
  const town = session.demo ? district_of(home_area()) : undefined;
  if (!town) return true;
  return distance_m({ lon, lat }, { lon: town.center[0], lat: town.center[1] }) < TOWN_M;
}

/** Where a demo person is taken to be; null outside the demo. */
export function demo_place(): LonLat | null {
  const home = session.demo ? home_area() : undefined;
  return home ? ([home.center[0], home.center[1]] as LonLat) : null;
}
