/** A patrol in words, for those who review it. */
import type { Patrol } from '../../api/types';
import { distance } from '../../i18n/format';
import { t } from '../../i18n/index.svelte';
import { words } from './texts';

export function length_words(patrol: Pick<Patrol, 'length_m'>): string {
  return distance(patrol.length_m);
}

/** How many of the planned stops were stayed at, or nothing for a walk without stops. */
export function stops_words(patrol: Pick<Patrol, 'stops_dwelt' | 'stops_total'>): string {
  if (patrol.stops_total === 0) return '';
  return `${t(words.stops_stayed)} ${t(words.of, { part: patrol.stops_dwelt, whole: patrol.stops_total })}`;
}
