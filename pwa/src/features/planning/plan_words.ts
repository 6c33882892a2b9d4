/** A plan in words: its state, how far it is, which constraint was in the way, and what an edit did. */
import type { Plan, PlanEdit, Profile } from '../../api/types';
import { pick, t, type Both } from '../../i18n/index.svelte';
import type { Tone } from '../desk/kinds';
import { stop_name } from '../tasks/stop_name';
import { words } from './texts';

const states: Record<string, [name: Both, tone: Tone]> = {
  solving: [words.state_solving, 'brand'],
  ready: [words.state_ready, 'amber'],
  failed: [words.state_failed, 'alert'],
  published: [words.state_published, 'ok'],
  discarded: [words.state_discarded, 'quiet'],
};

/** How a team goes about, in the order in which forms offer it. */
export const PROFILES: readonly { key: Profile; name: Both }[] = [
  { key: 'foot', name: words.profile_foot },
  { key: 'slow', name: words.profile_slow },
  { key: 'wheelchair', name: words.profile_wheelchair },
  { key: 'ebike', name: words.profile_ebike },
];

export function profile_name(profile: string): string {
  return t(PROFILES.find(({ key }) => key === profile)?.name ?? words.profile_foot);
}

const candidates: Record<string, Both> = {
  short: words.candidate_short,
  medium: words.candidate_medium,
  long: words.candidate_long,
  accessible: words.candidate_accessible,
};

/** A route to choose, by its length or because it has no steps. */
export function candidate_name(key: string): string {
  return t(candidates[key] ?? words.candidate_long);
}

export function plan_state(state: string): string {
  const found = states[state];
  return found ? t(found[0]) : state;
}

export function plan_tone(state: string): Tone {
  return states[state]?.[1] ?? 'quiet';
}

const WHY_NOT = {
  covered: words.why_covered,
  far: words.why_far,
  taken: words.why_taken,
  'left-in-peace': words.why_left_in_peace,
  'no-way': words.why_no_way,
  full: words.why_full,
};

/** Why an incident changes no route. */
export function why_not_words(why: keyof typeof WHY_NOT, told: PlanEdit['told']): string {
  return t(WHY_NOT[why], { team: told.team ?? '', stop: told.stop ? stop_called(told.stop) : '' });
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

/** A stop as a sentence names it: its street, or that it has none. */
export function stop_called(stop: { name: string; name_en: string } | null | undefined): string {
  return (stop && stop_name(stop)) || t(words.nameless_stop);
}

type Told = Pick<PlanEdit, 'kind' | 'told'>;

/** What was done, in one sentence: 把“榕桥路”从 1 队移到 2 队. */
export function edit_words({ kind, told }: Told): string {
  const stop = stop_called(told.stop);
  const team = told.team ?? 0;
  if (kind === 'undo') return t(words.did_undo, { what: edit_words({ kind: told.undone_kind ?? '', told: { ...told, undone_kind: null } }) });
  if (kind === 'move') {
    return told.from_team
      ? t(words.did_move, { stop, from: told.from_team, team })
      : t(words.did_reorder, { stop, team });
  }
  if (kind === 'add') return t(words.did_add, { stop, team });
  if (kind === 'accept') return t(words.did_accept, { stop, team });
  if (kind === 'remove') return t(words.did_remove, { stop, team });
  if (kind === 'lock') return t(words.did_lock, { stop });
  if (kind === 'unlock') return t(words.did_unlock, { stop });
  if (kind === 'replan') return t(words.did_replan);
  if (kind === 'choose') return t(words.did_choose, { team });
  return t(words.did_other);
}

/** What had to give way for an edit, or nothing. */
export function price_words(told: PlanEdit['told']): string {
  const parts = [
    ...(told.handed_on ?? []).map(({ stop, team }) => t(words.handed_on, { stop: stop_called(stop), team })),
    ...(told.left_out ?? []).map((stop) => t(words.left_out, { stop: stop_called(stop) })),
  ];
  return parts.join(t(words.and));
}
