/** Screens about messages. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/messages', load: () => import('./Messages.svelte'), frame: 'tabs', tab: 'messages' },
];
