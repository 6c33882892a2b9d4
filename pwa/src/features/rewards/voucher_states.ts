/** How a voucher's state is worded and toned. */
import type { VoucherState } from '../../api/types';
import { t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

const names: Record<VoucherState, Both> = {
  issued: words.issued,
  redeemed: words.redeemed,
  expired: words.expired,
  refunded: words.refunded,
};

export const voucher_state_name = (state: string): string => t(names[state as VoucherState] ?? words.voucher);
export const voucher_state_tone = (state: string) => (state === 'issued' ? 'ok' : 'quiet');
