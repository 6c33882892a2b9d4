/** Screens of alerts: the police's, and the card that volunteers get. */
import type { Role } from '../../api/types';
import type { Route } from '../../app/router.svelte';

const police: Role[] = ['officer', 'approver'];

export const routes: Route[] = [
  { path: '/desk/alerts', load: () => import('./Alerts.svelte'), who: police, frame: 'wide' },
  { path: '/desk/alerts/new', load: () => import('./Compose.svelte'), who: ['officer'], frame: 'wide' },
  { path: '/desk/alerts/from/:proposal_id', load: () => import('./Compose.svelte'), who: ['officer'], frame: 'wide' },
  { path: '/desk/alerts/:id', load: () => import('./DeskAlert.svelte'), who: police, frame: 'wide' },
  { path: '/desk/alerts/:id/edit', load: () => import('./Compose.svelte'), who: ['officer'], frame: 'wide' },
  { path: '/alerts/:id', load: () => import('./AlertCard.svelte') },
];
