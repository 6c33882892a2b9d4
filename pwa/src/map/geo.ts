/** Distances on the ground, exact enough for a walk. */

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
