/** Which roles a person holds; the server decides what they may do, this only what is shown. */
import type { Me, Role } from './types';

/** People who work at the desk. */
export const DESK_ROLES: readonly Role[] = ['poster', 'officer', 'approver', 'admin'];

/** Whether the person holds one of these roles anywhere. */
export function holds(user: Me | null, roles: readonly Role[]): boolean {
  return user?.roles.some((held) => (roles as readonly string[]).includes(held.role)) ?? false;
}
