/** The rows of a statement: what each is called, and pages put together without a gap or a double. */
import type { PointsItem } from '../../api/types';
import { say, t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

const titles: Record<string, Both> = {
  voucher_expired: words.row_voucher_expired,
  voucher_refund: words.row_voucher_refund,
  points_expired: words.row_points_expired,
  reversal: words.row_reversal,
  voucher_again: words.row_again,
};

/** What a row is called: in its own words, else by its kind. */
export function row_title(item: PointsItem): string {
  const named = titles[item.code];
  const own = say(item, 'title');
  if (named) return own ? `${t(named)} · ${own}` : t(named);
  return own || t(item.amount > 0 ? words.row_earned : words.row_spent);
}

/** The newest page and what was loaded before, each row once, newest first. */
export function joined(newest: readonly PointsItem[], loaded: readonly PointsItem[]): PointsItem[] {
  const found = new Map([...loaded, ...newest].map((item) => [item.id, item]));
  return [...found.values()].sort((a, b) => b.seq - a.seq);
}
