/** Screens of the desk: tonight, tasks posted by hand, patrols to review. */
import type { Route } from '../../app/router.svelte';
import type { Role } from '../../api/types';

const desk: Role[] = ['officer', 'approver', 'poster', 'admin'];

export const routes: Route[] = [
  { path: '/desk', load: () => import('./Desk.svelte'), who: desk, frame: 'wide' },
  { path: '/desk/tasks', load: () => import('./Tasks.svelte'), who: desk, frame: 'wide' },
  { path: '/desk/tasks/new', load: () => import('./NewTask.svelte'), who: ['officer', 'poster'], frame: 'wide' },
  { path: '/desk/tasks/:id', load: () => import('./DeskTask.svelte'), who: desk, frame: 'wide' },
  { path: '/desk/review', load: () => import('./Reviews.svelte'), who: ['officer', 'approver'], frame: 'wide' },
  { path: '/desk/review/:id', load: () => import('./Review.svelte'), who: ['officer', 'approver'], frame: 'wide' },
];
