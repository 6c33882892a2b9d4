/** What a walk needs with no network from grab to finish: fetched when a seat is taken, kept until it is walked. */
import { call } from '../../api/client';
import { keep_answer, kept_answer } from '../../api/keep';
import { session } from '../../api/session.svelte';
import type { RouteNote, WalkPackage } from '../../api/types';
import { area_of } from '../areas/areas.svelte';

/** One's own seat, or the area of a free patrol. */
export type WalkOf = { assignment_id: string } | { area_id: string };

const key_of = (of: WalkOf) => `${session.user?.id ?? '-'} walk ${'assignment_id' in of ? of.assignment_id : of.area_id}`;

/** The package from the server, else the kept one; undefined when neither can be had. */
export async function get_package(of: WalkOf): Promise<WalkPackage | undefined> {
  const key = key_of(of);
  try {
    // Before the consent the server gives none, and nobody should be refused for only looking.
    if (!session.user?.consents.whereabouts) return undefined;
    const found = await call('GET /api/walk-package', { query: of });
    await keep_answer(key, found);
    return found;
  } catch {
    return (await kept_answer(key))?.value as WalkPackage | undefined;
  }
}

/** The warnings beside a task's route, or in and around an area: the network's, else the kept ones. */
export async function get_warnings(of: { task_id: string } | { area_id: string }): Promise<RouteNote[]> {
  // The key of a task's is the one under which its screen keeps them.
  const key = `${session.user?.id ?? '-'} ${'task_id' in of ? `task warnings ${of.task_id}` : `walk warnings ${of.area_id}`}`;
  try {
    const found =
      'task_id' in of
        ? await call('GET /api/plans/hazard-notes/of-task/{id}', { path: { id: of.task_id } })
        : await call('GET /api/plans/hazard-notes/of-area/{id}', { path: { id: of.area_id } });
    await keep_answer(key, found);
    return found.items;
  } catch {
    return ((await kept_answer(key))?.value as { items: RouteNote[] } | undefined)?.items ?? [];
  }
}

/** The seats in hand, as the screen of patrols asks for them, so that it opens without a network too. */
async function keep_seats(): Promise<void> {
  await keep_answer(`${session.user?.id ?? '-'} my assignments`, await call('GET /api/me/assignments', { query: { state: 'open' } }));
}

/** Fetches all of it beforehand: the package, the warnings, the seats in hand, the walk's screen and the map. What cannot be had now is tried at the start. */
export async function fetch_for_walk(of: WalkOf, area_id: string | undefined, task_id: string): Promise<void> {
  const basemap = area_of(area_id)?.basemap;
  await Promise.allSettled([
    get_package(of),
    get_warnings({ task_id }),
    keep_seats(),
    import('./Walk.svelte'),
    basemap && import('../../map/basemap').then(({ open_basemap }) => open_basemap(basemap)),
  ]);
}
