/** The service worker: registered once the first screen stands, and a new version offered, never forced. */

export const update = $state({ ready: false });

let waiting: ServiceWorker | null = null;

/** Registers the worker. Development has none: it would serve yesterday's code. */
export async function register_worker(): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  try {
    const registration = await navigator.serviceWorker.register('/sw.js', { scope: '/' });
    const offer = (worker: ServiceWorker | null) => {
      // Without a controller this is the first install, not a new version.
      if (!worker || !navigator.serviceWorker.controller) return;
      waiting = worker;
      update.ready = true;
    };
    offer(registration.waiting);
    registration.addEventListener('updatefound', () => {
      const coming = registration.installing;
      coming?.addEventListener('statechange', () => coming.state === 'installed' && offer(coming));
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') void registration.update().catch(() => undefined);
    });
  } catch (error) {
    console.warn('The service worker could not be registered; the app works online only.', error);
  }
}

/** Takes the new version now: the page reloads once it is in charge. */
export function take_update(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  waiting?.postMessage('take-over');
}
