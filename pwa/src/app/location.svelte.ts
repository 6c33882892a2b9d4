/** Where this phone is, asked once for sorting by distance; a patrol has its own, continuous watch. */
import { demo_place, in_town } from './demo_town';

interface Location {
  place: { lon: number; lat: number; accuracy_m: number } | null;
  state: 'unknown' | 'asking' | 'known' | 'denied' | 'unavailable';
  /** The phone is not in the demo's town and is taken to be at home there. */
  made_up: boolean;
}

export const location_now = $state<Location>({ place: null, state: 'unknown', made_up: false });

/** Looks without asking: only where the person has allowed it before. */
export async function look_if_allowed(): Promise<void> {
  try {
    const { state } = await navigator.permissions.query({ name: 'geolocation' });
    if (state === 'granted') await locate();
    if (state === 'denied' && !make_up()) location_now.state = 'denied';
  } catch {
    // A browser that cannot say is asked only by a tap.
  }
}

/** Asks the phone for its place; resolves when it is known or refused. */
export function locate(): Promise<void> {
  if (!('geolocation' in navigator)) {
    if (!make_up()) location_now.state = 'unavailable';
    return Promise.resolve();
  }
  if (!location_now.place) location_now.state = 'asking';
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        if (in_town(coords.longitude, coords.latitude) || !make_up()) {
          location_now.place = { lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy };
          location_now.state = 'known';
          location_now.made_up = false;
        }
        resolve();
      },
      (error) => {
        if (!make_up()) location_now.state = error.code === error.PERMISSION_DENIED ? 'denied' : 'unavailable';
        resolve();
      },
      { enableHighAccuracy: false, maximumAge: 120_000, timeout: 12_000 },
    );
  });
}

/** In the demo, takes the person to be at home in its town; false everywhere else. */
function make_up(): boolean {
  const home = demo_place();
  if (!home) return false;
  location_now.place = { lon: home[0], lat: home[1], accuracy_m: 20 };
  location_now.state = 'known';
  location_now.made_up = true;
  return true;
}
