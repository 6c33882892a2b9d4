/** Where this phone is, asked once for sorting by distance; a patrol has its own, continuous watch. */

interface Location {
  place: { lon: number; lat: number; accuracy_m: number } | null;
  state: 'unknown' | 'asking' | 'known' | 'denied' | 'unavailable';
}

export const location_now = $state<Location>({ place: null, state: 'unknown' });

/** Looks without asking: only where the person has allowed it before. */
export async function look_if_allowed(): Promise<void> {
  try {
    const { state } = await navigator.permissions.query({ name: 'geolocation' });
    if (state === 'granted') await locate();
    if (state === 'denied') location_now.state = 'denied';
  } catch {
    // A browser that cannot say is asked only by a tap.
  }
}

/** Asks the phone for its place; resolves when it is known or refused. */
export function locate(): Promise<void> {
  if (!('geolocation' in navigator)) {
    location_now.state = 'unavailable';
    return Promise.resolve();
  }
  if (!location_now.place) location_now.state = 'asking';
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        location_now.place = { lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy };
        location_now.state = 'known';
        resolve();
      },
      (error) => {
        location_now.state = error.code === error.PERMISSION_DENIED ? 'denied' : 'unavailable';
        resolve();
      },
      { enableHighAccuracy: false, maximumAge: 120_000, timeout: 12_000 },
    );
  });
}
