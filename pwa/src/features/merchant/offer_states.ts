/** How a shop reads the state of its own offer. */
import { server_now_ms } from '../../api/client';
import type { Offer } from '../../api/types';
import type { Both } from '../../i18n/index.svelte';
import { words } from './texts';

type Tone = 'ok' | 'amber' | 'quiet';

export function offer_state(offer: Offer): [name: Both, tone: Tone] {
  const now = server_now_ms();
  if (offer.state === 'closed' || (offer.ends_at && Date.parse(offer.ends_at) <= now)) return [words.ended, 'quiet'];
  if (offer.state === 'paused') return [words.paused, 'amber'];
  if (Date.parse(offer.starts_at) > now) return [words.later, 'amber'];
  return offer.stock === 0 ? [words.out, 'amber'] : [words.on_offer, 'ok'];
}
