/** Web Push on this device: ask, subscribe, test, drop. */
import { call } from './client';
import { device_name } from './session.svelte';

export type PushState = 'unsupported' | 'install-first' | 'denied' | 'off' | 'on';

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
  const made = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytes_of(public_key),
  });
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
