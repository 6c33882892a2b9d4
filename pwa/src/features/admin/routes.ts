/** Screens of administration. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/admin', load: () => import('./People.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/teams', load: () => import('./Teams.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/audit', load: () => import('./Audit.svelte'), who: ['admin'], frame: 'wide' },
];
