/** Screens about points and what they are worth. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/me/points', load: () => import('./Points.svelte') },
  { path: '/me/points/rules', load: () => import('./Earning.svelte') },
  { path: '/me/leaderboard', load: () => import('./Leaderboard.svelte') },
  { path: '/offers', load: () => import('./Offers.svelte') },
  { path: '/offers/:id', load: () => import('./Offer.svelte') },
  { path: '/me/vouchers', load: () => import('./Vouchers.svelte') },
  { path: '/vouchers/:id', load: () => import('./Voucher.svelte') },
];
