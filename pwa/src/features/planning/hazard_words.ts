/** What is to be minded, in words. */
import type { NewHazardNote, RouteHazards } from '../../api/types';
import { distance } from '../../i18n/format';
import { t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

const names: Record<NewHazardNote['kind'], Both> = {
  water: words.hazard_water,
  railway: words.hazard_railway,
  unlit: words.hazard_unlit,
  other: words.hazard_other,
};

export const HAZARD_KINDS = Object.keys(names) as NewHazardNote['kind'][];

export function hazard_name(kind: string): string {
  return t(names[kind as NewHazardNote['kind']] ?? words.hazard_other);
}

/** Shorter than this nobody needs to be told. */
const TOLD_M = 20;

/** A route's hazards on one line, or nothing: 台阶 40 m · 没有路灯 300 m · 2 处提醒. */
export function hazard_line(route: RouteHazards | undefined): string {
  if (!route) return '';
  const parts = (
    [
      [words.minded_steps, route.steps_m],
      [words.minded_unlit, route.unlit_m],
      [words.minded_steep, route.steep_m],
      [words.minded_rough, route.rough_m],
    ] as const
  )
    .filter(([, length_m]) => length_m >= TOLD_M)
    .map(([name, length_m]) => t(name, { length: distance(length_m) }));
  if (route.notes.length > 0) parts.push(t(words.minded_notes, { count: route.notes.length }));
  return parts.join(' · ');
}
