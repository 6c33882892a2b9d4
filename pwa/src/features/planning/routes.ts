/** Screens of planning. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/desk/plans', load: () => import('./Plans.svelte'), who: ['officer', 'approver'], frame: 'wide' },
  { path: '/desk/plans/new', load: () => import('./NewPlan.svelte'), who: ['officer'], frame: 'wide' },
  { path: '/desk/plans/import', load: () => import('./ImportPlan.svelte'), who: ['officer'], frame: 'wide' },
  { path: '/desk/plans/compare', load: () => import('./Compare.svelte'), who: ['officer', 'approver'], frame: 'wide' },
  { path: '/desk/plans/:id', load: () => import('./Plan.svelte'), who: ['officer', 'approver'], frame: 'wide' },
];
