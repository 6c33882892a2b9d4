/** A place chosen in a form, and the named ones that a form offers. */
import type { Area, Task } from '../../api/types';
import { say } from '../../i18n/index.svelte';

export interface ChosenPlace {
  name: string;
  lon: number;
  lat: number;
  /** The community it is named after, where it is one. */
  area_id?: string;
}

/** Places that have a name: those of earlier tasks first, the latest used before others, then the communities. */
export function named_places(tasks: readonly Task[], communities: readonly Area[]): ChosenPlace[] {
  const found = new Map<string, ChosenPlace>();
  for (const { place, area_id } of tasks) {
    if (place?.name && !found.has(place.name)) found.set(place.name, { ...place, area_id });
  }
  for (const area of communities) {
    const name = say(area, 'name');
    if (!found.has(name)) found.set(name, { name, lon: area.center[0], lat: area.center[1], area_id: area.id });
  }
  return [...found.values()];
}

/** A position as people read it aloud: five decimals are about a metre. */
export function degrees(value: number): string {
  return value.toFixed(5);
}
