/** An officer's question at the desk: from where, and so by whom, a place can be reached within some minutes. */
import { call } from '../../api/client';
import { query, type Query } from '../../api/query.svelte';
import type { Reach, ReachProfile } from '../../api/types';

export const REACH_MINUTES = [5, 10, 15];

export class Reaching {
  /** The next tap on the map is the place. */
  asking = $state(false);
  place = $state.raw<{ lon: number; lat: number } | null>(null);
  profile = $state<ReachProfile>('foot');
  readonly found: Query<Reach>;

  constructor(area_id: () => string | null) {
    this.found = query(
      () => (this.place && area_id() ? `reach ${area_id()} ${this.place.lon} ${this.place.lat} ${this.profile}` : null),
      () =>
        call('POST /api/reach', {
          body: { area_id: area_id()!, place: [this.place!.lon, this.place!.lat], minutes: REACH_MINUTES, profile: this.profile },
        }),
    );
  }

  put(place: { lon: number; lat: number }): void {
    this.asking = false;
    this.place = place;
  }

  forget(): void {
    this.asking = false;
    this.place = null;
  }
}
