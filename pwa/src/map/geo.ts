/** Distances on the ground, exact enough for a walk, and lines as the server sends them. */
import type { LonLat } from '../api/types';

interface Place {
  lon: number;
  lat: number;
}

const EARTH_RADIUS_M = 6_371_008.8;
const METRES_A_DEGREE = (Math.PI / 180) * EARTH_RADIUS_M;
/** The share of its size that a frame is given on each side when it has to grow. */
const ROOM = 0.08;
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

/** The outer ring of each part of an area, from its GeoJSON Feature; nothing for anything else. */
export function outer_rings(feature: { [key: string]: unknown } | undefined): LonLat[][] {
  const geometry = feature?.['geometry'] as { type?: string; coordinates?: unknown } | undefined;
  if (!Array.isArray(geometry?.coordinates)) return [];
  if (geometry.type === 'Polygon') return (geometry.coordinates as LonLat[][]).slice(0, 1);
  if (geometry.type === 'MultiPolygon') return (geometry.coordinates as LonLat[][][]).map((part) => part[0]!);
  return [];
}

/** The points of a LineString, or of a MultiLineString's parts, one list a part; nothing for anything else. */
export function parts_of(geometry: LineGeometry | null | undefined): LonLat[][] {
  const coordinates = geometry?.['coordinates'];
  if (!Array.isArray(coordinates)) return [];
  if (geometry?.['type'] === 'LineString') return [coordinates as LonLat[]];
  if (geometry?.['type'] === 'MultiLineString') return coordinates as LonLat[][];
  return [];
}

/** How far a place is from a line, in metres; Infinity from none. Flat within a line's own length, as a walk is. */
export function away_from_line_m(place: Place, line: readonly LonLat[]): number {
  const east_m = METRES_A_DEGREE * Math.cos(radians(place.lat));
  const flat = line.map(([lon, lat]) => [(lon - place.lon) * east_m, (lat - place.lat) * METRES_A_DEGREE] as const);
  let nearest_m = Infinity;
  flat.forEach(([x, y], index) => {
    const [from_x, from_y] = flat[index - 1] ?? [x, y];
    const [dx, dy] = [x - from_x, y - from_y];
    const length_m2 = dx * dx + dy * dy;
    const share = length_m2 > 0 ? Math.min(1, Math.max(0, -(from_x * dx + from_y * dy) / length_m2)) : 0;
    nearest_m = Math.min(nearest_m, Math.hypot(from_x + share * dx, from_y + share * dy));
  });
  return nearest_m;
}

/** A frame, as two corners, that holds all places: the present one as long as it does, else a larger one with room to spare. */
export function frame_around(frame: readonly LonLat[], places: readonly LonLat[]): readonly LonLat[] {
  const box = (all: readonly LonLat[]) => {
    const [lons, lats] = [all.map(([lon]) => lon), all.map(([, lat]) => lat)];
    return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)] as const;
  };
  if (places.length === 0) return frame;
  const [west, south, east, north] = box([...frame, ...places]);
  if (frame.length > 0 && String(box(frame)) === String([west, south, east, north])) return frame;
  const [wide, high] = [(east - west) * ROOM, (north - south) * ROOM];
  return [[west - wide, south - high], [east + wide, north + high]];
}
