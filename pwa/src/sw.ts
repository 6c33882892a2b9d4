/// <reference lib="webworker" />
/**
 * The service worker: the shell without a network, push messages, and recalls. It never keeps an answer of /api, and
 * leaves the base map to the page, which keeps it whole.
 */
import { createHandlerBoundToURL, cleanupOutdatedCaches, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { forget_thing, kept_small } from './api/keep';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null }[] };

interface Pushed {
  kind: string;
  ref: { kind: string; id: string } | null;
  title_zh: string;
  title_en: string;
  body_zh: string;
  body_en: string;
  url: string;
  tag: string;
}

cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST);
registerRoute(new NavigationRoute(createHandlerBoundToURL('index.html'), { denylist: [/^\/api\//, /^\/maps\//, /^\/(healthz|readyz|metrics)/] }));

self.addEventListener('message', (event) => {
  if (event.data === 'take-over') void self.skipWaiting();
});
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => {
  const pushed = event.data?.json() as Pushed | undefined;
  if (pushed) event.waitUntil(pushed.kind === 'alert.recall' ? recall(pushed) : show(pushed));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const url = (event.notification.data as { url?: string } | null)?.url ?? '/';
  event.waitUntil(open_at(url));
});

async function show(pushed: Pushed): Promise<void> {
  const [title, body] = await in_language(pushed);
  await self.registration.showNotification(title, {
    body,
    tag: pushed.tag,
    icon: '/icons/icon-192.png',
    badge: '/icons/badge-96.png',
    data: { url: pushed.url, ref: pushed.ref },
    requireInteraction: pushed.kind === 'alert.live' || pushed.kind === 'sos.live',
  });
  if (pushed.kind.startsWith('alert.') && pushed.ref) await confirm(pushed.ref.id, 'delivered');
  if (pushed.kind === 'sos.live' && pushed.ref) await tell(`/api/sos/${pushed.ref.id}/receipts`, { kind: 'delivered' });
}

/** Takes every copy back: shown notifications, kept answers; then says so quietly, as browsers require of a push. */
async function recall(pushed: Pushed): Promise<void> {
  for (const shown of await self.registration.getNotifications({ tag: pushed.tag })) shown.close();
  if (pushed.ref) await forget_thing(pushed.ref.id);
  const [title, body] = await in_language(pushed);
  await self.registration.showNotification(title || '协查已撤回', {
    body,
    tag: pushed.tag,
    icon: '/icons/icon-192.png',
    badge: '/icons/badge-96.png',
    silent: true,
    data: { url: '/messages', ref: pushed.ref },
  });
  if (pushed.ref) await confirm(pushed.ref.id, 'purged');
}

async function in_language(pushed: Pushed): Promise<[string, string]> {
  const session = await kept_small<{ user: { locale: string } | null }>('session');
  const locale = session?.user?.locale ?? self.navigator.language;
  return locale.startsWith('en')
    ? [pushed.title_en || pushed.title_zh, pushed.body_en || pushed.body_zh]
    : [pushed.title_zh || pushed.title_en, pushed.body_zh || pushed.body_en];
}

/** Tells the server that this device has, or no longer has, the alert. */
function confirm(alert_id: string, kind: 'delivered' | 'purged'): Promise<void> {
  return tell(`/api/alerts/${alert_id}/receipts`, { kind, at: new Date().toISOString(), channel: 'web_push' });
}

/** Best effort: the page tells it too. */
async function tell(path: string, body: object): Promise<void> {
  const token = await kept_small<string>('csrf');
  if (!token) return;
  await fetch(path, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': token },
    body: JSON.stringify(body),
  }).catch(() => undefined);
}

async function open_at(url: string): Promise<void> {
  const address = new URL(url, self.location.origin);
  if (address.origin !== self.location.origin) return;
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const shown of windows) {
    if (new URL(shown.url).origin !== self.location.origin) continue;
    // The page moves there itself: a reload would interrupt a patrol being recorded.
    await shown.focus();
    shown.postMessage({ go: address.pathname + address.search });
    return;
  }
  await self.clients.openWindow(address.href);
}
