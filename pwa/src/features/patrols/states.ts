/** How a patrol's or an assignment's state is worded and toned. */
import { t, texts, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

const more = texts({
  finished: ['等待审核', 'Awaiting review'],
  released: ['已释放', 'Released'],
  no_show: ['未到', 'Not there'],
  held: ['已接单', 'Held'],
});

const names: Record<string, Both> = {
  active: words.active,
  started: words.active,
  paused: words.active,
  awaiting_review: words.awaiting_review,
  finished: more.finished,
  accepted: words.accepted,
  partial: words.partial,
  rejected: words.rejected,
  released: more.released,
  no_show: more.no_show,
  held: more.held,
};

export function state_name(state: string): string {
  const known = names[state];
  return known ? t(known) : state;
}

export function state_tone(state: string): 'ok' | 'amber' | 'quiet' | 'brand' {
  if (state === 'accepted') return 'ok';
  if (state === 'partial') return 'amber';
  if (['active', 'started', 'paused', 'held'].includes(state)) return 'brand';
  return 'quiet';
}
