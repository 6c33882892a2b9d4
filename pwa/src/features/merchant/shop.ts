/** Which shops a person works for. */
import { session } from '../../api/session.svelte';

/** The ids of the person's shops, each once. */
export function my_shops(): string[] {
  const held = (session.user?.roles ?? []).flatMap((role) => (role.role === 'merchant' && role.merchant_id ? [role.merchant_id] : []));
  return [...new Set(held)];
}
