/** Screens of calls for help. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/sos', load: () => import('./SosHome.svelte') },
  { path: '/sos/:id', load: () => import('./SosScreen.svelte') },
];
