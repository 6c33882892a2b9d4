/** What happens on this phone when an alert is recalled: every copy goes, and the server is told. */
import { call } from '../api/client';
import { forget_thing } from '../api/keep';
import { on_message } from '../api/stream.svelte';
import { tell } from '../design/toast.svelte';
import { t, texts } from '../i18n/index.svelte';

const words = texts({
  recalled: ['一条协查已撤回，请不要再转述。', 'An alert was withdrawn. Please do not pass it on.'],
});

/** Deletes kept answers, shown notifications and cached photos of this alert, then confirms it. */
export async function purge_alert(alert_id: string): Promise<void> {
  await forget_thing(alert_id);
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const shown of (await registration?.getNotifications?.({ tag: `alert-${alert_id}` })) ?? []) shown.close();
  await call('POST /api/alerts/{id}/receipts', {
    path: { id: alert_id },
    body: { kind: 'purged', at: new Date().toISOString() },
  }).catch(() => undefined);
}

/** Listens for recalls as long as the app runs. */
export function obey_recalls(): void {
  on_message((message) => {
    if (message.kind !== 'alert.recall') return;
    void purge_alert(message.ref.id);
    tell(t(words.recalled));
  });
}
