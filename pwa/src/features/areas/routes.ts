/** Screens of areas. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/admin/maps', load: () => import('./Maps.svelte'), who: ['admin'], frame: 'wide' },
];
