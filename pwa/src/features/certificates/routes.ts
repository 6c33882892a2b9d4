/** Screens of certificates of service: one's own, and the check that anybody may make. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/me/certificates', load: () => import('./Certificates.svelte') },
  { path: '/verify', load: () => import('./Verify.svelte'), who: 'anyone' },
  { path: '/verify/:code', load: () => import('./Verify.svelte'), who: 'anyone' },
];
