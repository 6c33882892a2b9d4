/** Which shops a person works for, which of them this screen is about, and at which of its branches this phone stands. */
import { keep_small, kept_small } from '../../api/keep';
import { session } from '../../api/session.svelte';
import { place } from '../../app/router.svelte';

/** The ids of the person's shops, each once. */
export function my_shops(): string[] {
  const held = (session.user?.roles ?? []).flatMap((role) => (role.role === 'merchant' && role.merchant_id ? [role.merchant_id] : []));
  return [...new Set(held)];
}

/** The shop that this screen is about: the one in the address, else the person's first. */
export function shop_here(): string | null {
  return place.now.query.get('shop') ?? my_shops()[0] ?? null;
}

/** A path that stays with this shop, for people who work at several. */
export function at_shop(path: string): string {
  return my_shops().length > 1 && shop_here() ? `${path}${path.includes('?') ? '&' : '?'}shop=${shop_here()}` : path;
}

const counter_key = (merchant_id: string) => `counter ${merchant_id}`;

/** The branch at whose counter this phone was said to stand; null is the shop itself. */
export async function counter_of(merchant_id: string): Promise<string | null> {
  return (await kept_small<string>(counter_key(merchant_id))) ?? null;
}

export async function set_counter(merchant_id: string, branch_id: string | null): Promise<void> {
  await keep_small(counter_key(merchant_id), branch_id);
}
