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

export const voucher_state_name = (state: VoucherState): string => t(names[state] ?? words.voucher);
export const voucher_state_tone = (state: VoucherState) => (state === 'issued' ? 'ok' : 'quiet');
