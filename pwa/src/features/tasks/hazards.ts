/** What is to be minded along a route, in words: short for the desk, as sentences for those who walk it. */
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

/** Each with its short name and the sentence about it. */
const known = [
  ['water_m', words.minded_water, words.mind_water],
  ['railway_m', words.minded_railway, words.mind_railway],
  ['unlit_m', words.minded_unlit, words.mind_unlit],
  ['steps_m', words.minded_steps, words.mind_steps],
  ['steep_m', words.minded_steep, words.mind_steep],
  ['rough_m', words.minded_rough, words.mind_rough],
] as const;

function told(hazards: RouteHazards | null | undefined, sentences: boolean): string[] {
  if (!hazards) return [];
  return known
    .filter(([name]) => hazards[name] >= TOLD_M)
    .map(([name, short, sentence]) => t(sentences ? sentence : short, { length: distance(hazards[name]) }));
}

/** What the map knows, a sentence each with what to do. */
export function hazard_sentences(hazards: RouteHazards | null | undefined): string[] {
  return told(hazards, true);
}

/** A route's hazards on one line, or nothing: 台阶 40 m · 没有路灯 300 m · 2 条提醒. */
export function hazard_line(hazards: RouteHazards | null | undefined, notes = 0): string {
  const parts = told(hazards, false);
  if (notes > 0) parts.push(t(words.minded_notes, { count: notes }));
  return parts.join(' · ');
}
