/** Screens of merchants: the till and the window, places and people, statements, and joining. */
import type { Route } from '../../app/router.svelte';

export const routes: Route[] = [
  { path: '/shop', load: () => import('./Shop.svelte') },
  { path: '/shop/join', load: () => import('./Apply.svelte'), who: 'anyone' },
  { path: '/shop/redeem', load: () => import('./Till.svelte'), who: ['merchant'] },
  { path: '/shop/offers', load: () => import('./Offers.svelte'), who: ['merchant'] },
  { path: '/shop/offers/new', load: () => import('./OfferEdit.svelte'), who: ['merchant'] },
  { path: '/shop/offers/:id', load: () => import('./OfferEdit.svelte'), who: ['merchant'] },
  { path: '/shop/statements', load: () => import('./Statements.svelte'), who: ['merchant'] },
  { path: '/shop/statements/:id', load: () => import('./Statement.svelte'), who: ['merchant'] },
  { path: '/shop/staff', load: () => import('./Staff.svelte'), who: ['merchant'] },
  { path: '/shop/branches', load: () => import('./Branches.svelte'), who: ['merchant'] },
  { path: '/shop/details', load: () => import('./Details.svelte'), who: ['merchant'] },
];
