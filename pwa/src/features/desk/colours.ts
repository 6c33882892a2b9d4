/** Colours that tell routes and teams apart; each is also numbered, so that nobody depends on them. */

/** Eight hues that stay apart for colour-blind eyes, darker by day and lighter by night. */
const DAY = ['#0b6b5b', '#1f5fb0', '#b3470f', '#7b3fa0', '#6b6a00', '#a81e5b', '#00758f', '#5d4a37'];
const NIGHT = ['#4cc3ac', '#8fb8f2', '#f59e6c', '#cfa2ee', '#d4d05a', '#f58bb6', '#5fd0ea', '#cdb79c'];
const STALE = { day: '#7d8a84', night: '#8d9b95' };
const HOT = { day: '#e07b00', night: '#f3b33d' };

/** How far a hotspot's glow reaches on the map: its cell and what is around it. */
export const HOTSPOT_M = 140;

/** The colour of the route or team with this number (from 0); the ninth begins anew. */
export function route_colour(index: number, night: boolean): string {
  const palette = night ? NIGHT : DAY;
  return palette[index % palette.length]!;
}

/** The colour of a dot whose position is old. */
export function stale_colour(night: boolean): string {
  return night ? STALE.night : STALE.day;
}

export function hotspot_colour(night: boolean): string {
  return night ? HOT.night : HOT.day;
}

/** Keeps each team its colour while others come and go: a newcomer gets the lowest number that nobody has. */
export class Colours {
  #numbers = new Map<string, number>();

  /** The numbers of these teams; those that are gone give theirs back. */
  of(ids: readonly string[]): ReadonlyMap<string, number> {
    for (const id of this.#numbers.keys()) if (!ids.includes(id)) this.#numbers.delete(id);
    const taken = new Set(this.#numbers.values());
    for (const id of ids) {
      if (this.#numbers.has(id)) continue;
      let free = 0;
      while (taken.has(free)) free++;
      taken.add(free);
      this.#numbers.set(id, free);
    }
    return new Map(this.#numbers);
  }
}
