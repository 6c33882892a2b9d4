/** Screens about tasks. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/', load: () => import('./TaskList.svelte'), frame: 'tabs', tab: 'tasks' },
  { path: '/tasks/:id', load: () => import('./TaskBrief.svelte') },
];
