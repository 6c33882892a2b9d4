/** Screens that make places ready for patrols: checkpoints with their codes, and whom to call. */
import type { Role } from '../../api/types';
import type { Route } from '../../app/router.svelte';

const desk: Role[] = ['officer', 'approver', 'poster', 'admin'];

export const routes: Route[] = [
  { path: '/desk/checkpoints', load: () => import('./Checkpoints.svelte'), who: desk, frame: 'wide' },
  { path: '/desk/checkpoints/print', load: () => import('./PrintCodes.svelte'), who: desk, frame: 'wide' },
  { path: '/desk/checkpoints/:id/screen', load: () => import('./ScreenCode.svelte'), who: desk, frame: 'wide' },
];
