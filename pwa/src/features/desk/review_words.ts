/** A patrol in words, for those who review it. */
import type { Patrol } from '../../api/types';
import { distance } from '../../i18n/format';
import { t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

export function length_words(patrol: Pick<Patrol, 'length_m'>): string {
  return distance(patrol.length_m);
}

/** How many of the planned stops were stayed at, or nothing for a walk without stops. */
export function stops_words(patrol: Pick<Patrol, 'stops_dwelt' | 'stops_total'>): string {
  if (patrol.stops_total === 0) return '';
  return `${t(words.stops_stayed)} ${t(words.of, { part: patrol.stops_dwelt, whole: patrol.stops_total })}`;
}

/** Below these a finished walk is worth a second look; nothing is refused for it. */
const FEW_METRES = 200;
const FEW_MINUTES = 10;

/** What a reviewer should look at first, in short words; empty for a walk without anything unusual. */
export function doubts(
  patrol: Pick<Patrol, 'length_m' | 'minutes' | 'stops_dwelt' | 'stops_total' | 'kind' | 'findings'>,
): Both[] {
  const walked = patrol.kind === 'patrol' || patrol.kind === 'free_patrol';
  const found = (patrol.findings ?? []).map(({ title_zh, title_en }): Both => [title_zh, title_en]);
  const all = [
    ...found,
    ...(walked && patrol.length_m < FEW_METRES ? [words.doubt_no_track] : []),
    ...(patrol.minutes < FEW_MINUTES ? [words.doubt_short_time] : []),
    ...(patrol.stops_total > 0 && patrol.stops_dwelt === 0 ? [words.doubt_no_stop] : []),
  ];
  // Two members' tracks may be odd in the same way.
  return all.filter((each, index) => all.findIndex((other) => other[0] === each[0]) === index);
}
