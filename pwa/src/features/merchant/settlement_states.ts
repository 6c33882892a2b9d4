/** How the state of a statement is worded and toned, for its shop and for the district. */
import { t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

type Tone = 'amber' | 'alert' | 'brand' | 'ok' | 'quiet';

const STATES: Record<string, [name: Both, tone: Tone]> = {
  frozen: [words.state_frozen, 'amber'],
  disputed: [words.state_disputed, 'alert'],
  confirmed: [words.state_confirmed, 'brand'],
  paid: [words.state_paid, 'ok'],
};

export const settlement_state_name = (state: string): string => t(STATES[state]?.[0] ?? words.statements);
export const settlement_state_tone = (state: string): Tone => STATES[state]?.[1] ?? 'quiet';
