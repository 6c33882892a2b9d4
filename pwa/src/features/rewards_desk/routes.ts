/** Screens of a district about points: its merchants, their statements, and the rules. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/admin/merchants', load: () => import('./Merchants.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/statements', load: () => import('./Settlements.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/statements/:id', load: () => import('./Settlement.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/rules', load: () => import('./Rules.svelte'), who: ['admin'], frame: 'wide' },
];
