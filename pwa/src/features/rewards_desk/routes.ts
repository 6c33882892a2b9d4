/** Screens of a district about points: its merchants and their statements, rules, budgets, signals and switches. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/admin/merchants', load: () => import('./Merchants.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/statements', load: () => import('./Settlements.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/statements/:id', load: () => import('./Settlement.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/budgets', load: () => import('./Budgets.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/signals', load: () => import('./Signals.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/fairness', load: () => import('./Switches.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/rules', load: () => import('./Rules.svelte'), who: ['admin'], frame: 'wide' },
];
