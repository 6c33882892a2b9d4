/** Web Push on this device: ask, subscribe, test, drop. */
import { call } from './client';
import { device_name } from './session.svelte';

export type PushState = 'unsupported' | 'install-first' | 'denied' | 'no-service' | 'off' | 'on';

const supported = () => 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
const on_iphone = () => /iPhone|iPad/.test(navigator.userAgent);

/** What push can do here: iPhones allow it only once the app is on the home screen. */
export async function push_state(): Promise<PushState> {
  if (!supported()) return on_iphone() ? 'install-first' : 'unsupported';
  if (Notification.permission === 'denied') return 'denied';
  return (await subscription()) ? 'on' : 'off';
}

async function subscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** Asks for permission and subscribes; must be called from a tap. Returns the state afterwards. */
export async function take_push(): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return push_state();
  const { public_key } = await call('GET /api/push/key');
  const registration = await navigator.serviceWorker.ready;
  let made: PushSubscription;
  try {
    made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes_of(public_key) });
  } catch (error) {
    // The browser could not reach its own push service, as Chrome on the mainland cannot.
    if (error instanceof DOMException && error.name === 'AbortError') return 'no-service';
    throw error;
  }
  const { endpoint, keys } = made.toJSON();
  await call('POST /api/push/subscriptions', {
    body: {
      endpoint: endpoint!,
      keys: { p256dh: keys!['p256dh']!, auth: keys!['auth']! },
      device_name: device_name(),
    },
  });
  return 'on';
}

const TRIAL_WAIT_MS = 20_000;
const TRIAL_LOOK_MS = 500;

/** Whether the trial message that the server has just sent is shown on this device within 20 s. */
export async function trial_came(user_id: string): Promise<boolean> {
  const registration = await navigator.serviceWorker.getRegistration();
  const from_ms = Date.now();
  while (registration && Date.now() - from_ms < TRIAL_WAIT_MS) {
    const shown = await registration.getNotifications({ tag: `push.test-${user_id}` });
    if (shown.length > 0) {
      for (const each of shown) each.close();
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, TRIAL_LOOK_MS));
  }
  return false;
}

/** Ends push on this device, here and on the server. Without a network it ends here; the server then finds it gone. */
export async function drop_push(): Promise<void> {
  if (!supported()) return;
  const held = await subscription();
  if (!held) return;
  await call('DELETE /api/push/subscriptions', { body: { endpoint: held.endpoint } }).catch(() => undefined);
  await held.unsubscribe();
}

function bytes_of(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
