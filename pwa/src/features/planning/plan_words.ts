/** A plan in words: its state, how far it is, and which constraint was in the way. */
import type { Plan } from '../../api/types';
import { pick, t, type Both } from '../../i18n/index.svelte';
import type { Tone } from '../desk/kinds';
import { words } from './texts';

const states: Record<string, [name: Both, tone: Tone]> = {
  solving: [words.state_solving, 'brand'],
  ready: [words.state_ready, 'amber'],
  failed: [words.state_failed, 'alert'],
  published: [words.state_published, 'ok'],
  discarded: [words.state_discarded, 'quiet'],
};

export function plan_state(state: string): string {
  const found = states[state];
  return found ? t(found[0]) : state;
}

export function plan_tone(state: string): Tone {
  return states[state]?.[1] ?? 'quiet';
}

/** What is being done at this share of the whole. */
export function stage_words(progress: number): string {
  if (progress < 0.2) return t(words.stage_streets);
  if (progress < 0.3) return t(words.stage_distances);
  return t(progress < 0.95 ? words.stage_routes : words.stage_lines);
}

/** Why there is no plan: the planner's own sentence names the field, its value and the remedy. */
export function failure_words(failure: NonNullable<Plan['failure']>): string {
  const { code, params } = failure;
  const said = params as { zh?: string; en?: string; minutes?: number };
  if (said.zh || said.en) return pick({ zh: said.zh ?? '', en: said.en ?? '' });
  if (code === 'internal') return t(words.failed_internal);
  if (code === 'timed-out') return t(words.failed_timed_out, { minutes: said.minutes ?? 60 });
  if (code === 'streets-missing') return t(words.failed_streets);
  return t(words.failed_other);
}
