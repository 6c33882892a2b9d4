/** What screens hand to the map; plain data, so that naming it does not load the map. */
export type { CellGrid } from './cells';
export type { Dot, Halo, Line } from './dots';

export interface MapStop {
  order: number;
  lon: number;
  lat: number;
  done?: boolean;
  next?: boolean;
}

export interface Pin {
  id: string;
  lon: number;
  lat: number;
  /** Short: a number of points, a letter. */
  text: string;
  /** What a reader says. */
  label: string;
  tone?: 'brand' | 'amber' | 'alert' | 'quiet';
  chosen?: boolean;
}

export interface Ring {
  lon: number;
  lat: number;
  radius_m: number;
  tone: 'amber' | 'alert' | 'brand';
}

export interface Position {
  lon: number;
  lat: number;
  accuracy_m: number;
}
