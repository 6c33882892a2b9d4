/** Screens of incidents: importing a file of them, and the harm table. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/desk/incidents', load: () => import('./Home.svelte'), who: ['officer', 'admin'], frame: 'wide' },
  { path: '/desk/incidents/new', load: () => import('./NewIncident.svelte'), who: ['officer'], frame: 'wide' },
  { path: '/desk/incidents/import', load: () => import('./Imports.svelte'), who: ['officer'], frame: 'wide' },
  { path: '/desk/incidents/import/:id', load: () => import('./Import.svelte'), who: ['officer'], frame: 'wide' },
  { path: '/desk/incidents/kinds', load: () => import('./Kinds.svelte'), who: ['officer', 'admin'], frame: 'wide' },
];
