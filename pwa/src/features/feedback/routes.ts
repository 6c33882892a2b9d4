/** Screens of feedback: one's own, reached from every screen, and the inbox of those who answer. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/feedback', load: () => import('./MyFeedback.svelte') },
  { path: '/desk/feedback', load: () => import('./Inbox.svelte'), who: ['poster', 'admin'], frame: 'wide' },
];
