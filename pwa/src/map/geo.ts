/** Distances on the ground, exact enough for a walk, and lines as the server sends them. */
import type { LonLat } from '../api/types';

interface Place {
  lon: number;
  lat: number;
}

const EARTH_RADIUS_M = 6_371_008.8;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Great-circle distance in metres (haversine). */
export function distance_m(a: Place, b: Place): number {
  const half_lat = Math.sin(radians(b.lat - a.lat) / 2);
  const half_lon = Math.sin(radians(b.lon - a.lon) / 2);
  const share = half_lat ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * half_lon ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(share)));
}

/** A GeoJSON geometry as the server's document types it: an object whose coordinates are known to be a line's. */
export type LineGeometry = { [key: string]: unknown };

/** The points of a LineString, or of a MultiLineString's parts, one list a part; nothing for anything else. */
export function parts_of(geometry: LineGeometry | null | undefined): LonLat[][] {
  const coordinates = geometry?.['coordinates'];
  if (!Array.isArray(coordinates)) return [];
  if (geometry?.['type'] === 'LineString') return [coordinates as LonLat[]];
  if (geometry?.['type'] === 'MultiLineString') return coordinates as LonLat[][];
  return [];
}
