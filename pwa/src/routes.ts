/** Every screen of the app: each feature lists its own in `features/<name>/routes.ts`, and is found by being there. */
import type { Route } from './app/router.svelte';

const found = import.meta.glob<{ routes: Route[] }>('./features/*/routes.ts', { eager: true });

export const routes: readonly Route[] = Object.values(found).flatMap((feature) => feature.routes);
