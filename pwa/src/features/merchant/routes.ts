/** Screens of merchants. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/shop', load: () => import('./Shop.svelte'), who: ['merchant'] },
  { path: '/shop/redeem', load: () => import('./Till.svelte'), who: ['merchant'] },
  { path: '/shop/offers', load: () => import('./Offers.svelte'), who: ['merchant'] },
];
