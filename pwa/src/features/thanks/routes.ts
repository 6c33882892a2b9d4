/** Screens of thanks that are no points: badges, words to teams, and the desk where they are said. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/me/badges', load: () => import('./Badges.svelte') },
  { path: '/desk/thanks', load: () => import('./Desk.svelte'), who: ['officer', 'approver', 'poster'], frame: 'wide' },
];
