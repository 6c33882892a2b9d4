/** How the state of a statement is worded and toned, for its shop and for the district. */
import type { Settlement } from '../../api/types';
import { t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

type Tone = 'amber' | 'alert' | 'brand' | 'ok' | 'quiet';

const STATES: Record<string, [name: Both, tone: Tone]> = {
  frozen: [words.state_frozen, 'amber'],
  disputed: [words.state_disputed, 'alert'],
  answered: [words.state_answered, 'amber'],
  confirmed: [words.state_confirmed, 'brand'],
  paid: [words.state_paid, 'ok'],
};

/** The statement's step as people see it: a disputed one whose disputes are all answered waits for its shop again. */
export function step_of(statement: Settlement): string {
  return statement.state === 'disputed' && statement.disputed === 0 ? 'answered' : statement.state;
}

export const settlement_state_name = (statement: Settlement): string => t(STATES[step_of(statement)]?.[0] ?? words.statements);
export const settlement_state_tone = (statement: Settlement): Tone => STATES[step_of(statement)]?.[1] ?? 'quiet';
