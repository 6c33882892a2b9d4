/** An alert in words: its state, its history, its wording errors. */
import { ProblemError } from '../../api/problem';
import type { Alert, AlertKind, AlertMoment, AlertSubject } from '../../api/types';
import { moment } from '../../i18n/format';
import { is_english, t, t_with, type Both } from '../../i18n/index.svelte';
import type { Tone } from '../desk/kinds';
import { words } from './texts';

const states: Record<Alert['state'], [name: Both, tone: Tone]> = {
  draft: [words.state_draft, 'amber'],
  submitted: [words.state_submitted, 'alert'],
  approved: [words.state_approved, 'brand'],
  live: [words.state_live, 'alert'],
  closed: [words.state_closed, 'quiet'],
  recalled: [words.state_recalled, 'quiet'],
  purged: [words.state_purged, 'quiet'],
};

export function alert_state(state: Alert['state']): string {
  return t(states[state][0]);
}

export function alert_tone(state: Alert['state']): Tone {
  return states[state][1];
}

/** Over for everyone: nothing of it is on any phone any more, or soon will not be. */
export function is_over(alert: Pick<Alert, 'state'>): boolean {
  return alert.state === 'closed' || alert.state === 'recalled' || alert.state === 'purged';
}

/** When, where, and where to, in one line. */
export function last_seen(alert: Pick<Alert, 'last_seen_at' | 'last_seen_place' | 'direction_zh'>): string {
  const seen = t(words.seen_at, { when: moment(alert.last_seen_at), place: alert.last_seen_place });
  if (!alert.direction_zh) return seen;
  return `${seen}${is_english() ? ', ' : '，'}${t(words.toward, { where: alert.direction_zh })}`;
}

const moments: Record<string, Both> = {
  composed: words.at_composed,
  submitted: words.at_submitted,
  approved: words.at_approved,
  returned: words.at_returned,
  'signed-alone': words.at_signed_alone,
  reviewed: words.at_reviewed,
  'groups-told': words.at_groups_told,
  'stood-down': words.at_stood_down,
  'sighting-read': words.at_read,
  'sighting-instructed': words.at_instructed,
  'sighting-acknowledged': words.at_acknowledged,
  'sighting-arrived': words.at_arrived,
  'sighting-found': words.at_outcome_found,
  'sighting-mistaken': words.at_outcome_mistaken,
  'sighting-gone': words.at_outcome_gone,
  'sighting-duplicate': words.at_outcome_duplicate,
  updated: words.at_updated,
  sighting: words.at_sighting,
  'closed-found': words.at_found,
  'closed-cleared': words.at_cleared,
  'closed-withdrawn': words.at_withdrawn,
  'closed-expired': words.at_expired,
  recalled: words.at_recalled,
  purged: words.at_purged,
};

export function moment_words(moment: Pick<AlertMoment, 'code' | 'params'>): string {
  const found = moments[moment.code];
  return found ? t_with(found, moment.params) : moment.code;
}

const outcomes: Record<string, Both> = {
  found: words.outcome_found,
  cleared: words.outcome_cleared,
  withdrawn: words.outcome_withdrawn,
  expired: words.outcome_expired,
};

export function outcome_words(outcome: string): string {
  const found = outcomes[outcome];
  return found ? t(found) : outcome;
}

/** The sentences of a field that must be worded differently, as the server quoted them. */
export function refused_sentences(error: unknown, field: string): string[] {
  if (!(error instanceof ProblemError)) return [];
  return error.fields.filter((each) => each.field === field && each.code === 'wording').map((each) => String(each.value ?? ''));
}

/** What is wrong with a field's words: the sentence itself, so that nobody has to search for it. */
export function wording_text(error: unknown, field: string): string | undefined {
  const sentences = refused_sentences(error, field);
  return sentences.length > 0 ? `${t(words.wording)}“${sentences.join('” “')}”` : undefined;
}

export const kinds: AlertKind[] = ['missing_person', 'person_sought', 'vehicle', 'danger'];
export const subjects: AlertSubject[] = ['child', 'elder', 'adult'];

/** What is asked about how it looks and what it does: of a person, a vehicle, a danger. */
export function looks_words(kind: AlertKind): Record<'looks' | 'looks_hint' | 'does' | 'does_hint', readonly [zh: string, en: string]> {
  if (kind === 'vehicle') {
    return { looks: words.vehicle_looks, looks_hint: words.vehicle_looks_hint, does: words.behaviour, does_hint: words.behaviour_hint };
  }
  if (kind === 'danger') {
    return { looks: words.danger_looks, looks_hint: words.danger_looks_hint, does: words.danger_do, does_hint: words.danger_do_hint };
  }
  return { looks: words.clothing, looks_hint: words.clothing_hint, does: words.behaviour, does_hint: words.behaviour_hint };
}
