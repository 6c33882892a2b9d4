/** An alert that has just come in: confirmed to the server, and called out over whatever screen is shown. */
import { call } from '../api/client';
import { on_message } from '../api/stream.svelte';
import type { Message } from '../api/types';
import { shake } from './shake';

export const alert_call = $state<{ message: Message | null }>({ message: null });

/** Puts the call away: it was opened, or can wait. */
export function hush(): void {
  alert_call.message = null;
}

/** Listens for alerts as long as the app runs. */
export function hear_alerts(): void {
  on_message((message) => {
    if (message.kind === 'alert.live' || message.kind === 'alert.update') {
      alert_call.message = message;
      shake([120, 80, 120]);
      void call('POST /api/alerts/{id}/receipts', {
        path: { id: message.ref.id },
        body: { kind: 'delivered', at: new Date().toISOString() },
      }).catch(() => undefined);
    }
    if (message.kind === 'alert.recall' && alert_call.message?.ref.id === message.ref.id) hush();
  });
}
