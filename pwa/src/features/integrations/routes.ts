/** Screens of other systems: keys, webhooks and their log. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/admin/systems', load: () => import('./Systems.svelte'), who: ['admin'], frame: 'wide' },
  { path: '/admin/systems/:id', load: () => import('./Log.svelte'), who: ['admin'], frame: 'wide' },
];
