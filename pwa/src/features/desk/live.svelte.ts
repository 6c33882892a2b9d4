/** The patrols on the desk's map: what the last answer said, moved on by the positions that stream in. */
import { on_position } from '../../api/stream.svelte';
import type { LivePatrol, LivePosition } from '../../api/types';

/** A position older than this is shown grey, with its age. */
export const STALE_AFTER_MS = 120_000;

/** The newest positions by patrol; at most one change a frame is told, however many arrive. */
export class Positions {
  #newest = new Map<string, LivePosition>();
  #shown = $state.raw<ReadonlyMap<string, LivePosition>>(new Map());
  #frame = 0;

  /** Listens until the returned function is called. */
  listen(): () => void {
    const stop = on_position((position) => this.take(position));
    return () => {
      stop();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
    };
  }

  take(position: LivePosition): void {
    const known = this.#newest.get(position.patrol_id);
    if (known && Date.parse(known.at) > Date.parse(position.at)) return;
    this.#newest.set(position.patrol_id, position);
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#shown = new Map(this.#newest);
    });
  }

  of(patrol_id: string): LivePosition | undefined {
    return this.#shown.get(patrol_id);
  }
}

export interface Placed {
  patrol: LivePatrol;
  /** Where the team is as far as is known, and since when. */
  lon: number | null;
  lat: number | null;
  age_ms: number | null;
  stale: boolean;
}

/** The patrols with their newest positions, judged at `now_ms` (the server's clock). */
export function placed(patrols: readonly LivePatrol[], positions: Positions, now_ms: number): Placed[] {
  return patrols.map((patrol) => {
    const streamed = positions.of(patrol.patrol_id);
    const listed = patrol.position;
    const at = streamed && (!listed || Date.parse(streamed.at) >= Date.parse(listed.at)) ? streamed : listed;
    if (!at) return { patrol, lon: null, lat: null, age_ms: null, stale: true };
    const age_ms = Math.max(0, now_ms - Date.parse(at.at));
    return { patrol, lon: at.lon, lat: at.lat, age_ms, stale: age_ms > STALE_AFTER_MS };
  });
}
