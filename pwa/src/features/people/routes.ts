/** Screens about people: signing in and "me". */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/login', load: () => import('./Login.svelte'), who: 'anyone' },
  { path: '/join', load: () => import('./Join.svelte'), who: 'anyone' },
  { path: '/me', load: () => import('./Me.svelte'), frame: 'tabs', tab: 'me' },
  { path: '/me/consents', load: () => import('./Consents.svelte') },
  { path: '/me/password', load: () => import('./Password.svelte') },
  { path: '/me/name', load: () => import('./Name.svelte') },
  { path: '/me/team', load: () => import('./Team.svelte') },
  { path: '/me/devices', load: () => import('./Devices.svelte') },
];
