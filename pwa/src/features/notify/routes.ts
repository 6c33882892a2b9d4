/** Screens about messages. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/me/alert-check', load: () => import('./CheckAlerts.svelte') },
  { path: '/messages', load: () => import('./Messages.svelte'), frame: 'tabs', tab: 'messages' },
];
