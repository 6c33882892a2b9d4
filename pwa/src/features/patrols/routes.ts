/** Screens about patrols. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/patrol', load: () => import('./PatrolHome.svelte'), frame: 'tabs', tab: 'patrol' },
  { path: '/patrol/walk', load: () => import('./Walk.svelte') },
  { path: '/patrol/trackers', load: () => import('./Trackers.svelte') },
  { path: '/patrol/walked', load: () => import('./Walked.svelte') },
  { path: '/with', load: () => import('./With.svelte') },
  { path: '/at', load: () => import('./At.svelte') },
  { path: '/patrols/:id', load: () => import('./PatrolResult.svelte') },
];
