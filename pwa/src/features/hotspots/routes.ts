/** The screen of hotspots. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/desk/hotspots', load: () => import('./HotspotDesk.svelte'), who: ['officer', 'approver'], frame: 'wide' },
];
