/** Roles and audited actions in words. */
import type { Role } from '../../api/types';
import { t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

const roles: Record<Role, Both> = {
  volunteer: words.role_volunteer,
  leader: words.role_leader,
  poster: words.role_poster,
  officer: words.role_officer,
  approver: words.role_approver,
  merchant: words.role_merchant,
  admin: words.role_admin,
};

/** The roles an administrator gives; a merchant's also names the shop, and is given where the shop is set up. */
export const given_roles = ['volunteer', 'leader', 'poster', 'officer', 'approver', 'admin'] as const;

export function role_name(role: string): string {
  const found = roles[role as Role];
  return found ? t(found) : role;
}

/** An audited action; one that is not known here is shown by its code, never hidden. */
export function action_name(action: string): string {
  const found = (words as Record<string, Both>)[action];
  return found ? t(found) : action;
}
