/** The areas this person can see, loaded once and kept: names, zones, bounds and the base map each one draws on. */
import { call } from '../../api/client';
import { keep_answer, kept_answer } from '../../api/keep';
import { OfflineError } from '../../api/problem';
import { session } from '../../api/session.svelte';
import type { Area } from '../../api/types';
import { use_time_zone } from '../../i18n/format';

const state = $state<{ all: Area[]; loaded: boolean; error: unknown }>({ all: [], loaded: false, error: null });

/** Loads the areas, or the kept ones without a network. Errors are kept for the screens that need an area. */
export async function load_areas(): Promise<void> {
  try {
    const answer = await call('GET /api/areas');
    await keep_answer('- areas', answer);
    take(answer);
  } catch (error) {
    const kept = error instanceof OfflineError ? await kept_answer('- areas') : undefined;
    if (kept) take(kept.value as Area[]);
    else state.error = error;
  }
}

function take(areas: Area[]): void {
  state.all = areas;
  state.loaded = true;
  state.error = null;
  const home = home_area();
  if (home) use_time_zone(home.time_zone);
}

export function all_areas(): Area[] {
  return state.all;
}

export function areas_error(): unknown {
  return state.error;
}

export function areas_loaded(): boolean {
  return state.loaded;
}

export function area_of(id: string | null | undefined): Area | undefined {
  return id ? state.all.find((area) => area.id === id) : undefined;
}

/** The person's home community; else the area of their first role; else the first district. */
export function home_area(): Area | undefined {
  const user = session.user;
  return (
    area_of(user?.home_area?.id) ??
    area_of(user?.roles.find((held) => held.area)?.area?.id) ??
    state.all.find((area) => area.kind === 'district') ??
    state.all[0]
  );
}

/** The district an area lies in: where tasks and offers are looked for. */
export function district_of(area: Area | undefined): Area | undefined {
  let at = area;
  while (at?.parent_id && at.kind !== 'district') at = area_of(at.parent_id);
  return at;
}
