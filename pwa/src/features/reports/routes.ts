/** Screens of reports: one's own, and the desk's. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/reports', load: () => import('./MyReports.svelte') },
  { path: '/desk/reports', load: () => import('./DeskReports.svelte'), who: ['officer', 'approver'], frame: 'wide' },
];
