/** The heat map's five colours: each step is lighter or darker than the last, so that nobody depends on the hue. */

const DAY = ['#f7d98f', '#eeb04a', '#d67f16', '#a65109', '#642a05'] as const;
const NIGHT = ['#59410f', '#86601a', '#b98527', '#e4b048', '#ffe9ac'] as const;
const MET = { day: { hit: '#0b3f8a', miss: '#5a6a80' }, night: { hit: '#9fd0ff', miss: '#8c9bb0' } } as const;

/** From the palest to the strongest. */
export function heat_colours(night: boolean): readonly string[] {
  return night ? NIGHT : DAY;
}

/** How strongly the squares cover the map: names must stay readable. */
export const heat_strength = (night: boolean) => (night ? 0.72 : 0.68);

/** Dots of what came: inside the first squares, or elsewhere. */
export function met_colour(night: boolean, hit: boolean): string {
  return MET[night ? 'night' : 'day'][hit ? 'hit' : 'miss'];
}
