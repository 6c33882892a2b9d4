/** Sending a sighting: through the outbox, so that it survives a lost network, and never called sent before it is. */
import { outbox } from '../../api/outbox.svelte';
import type { ProblemError } from '../../api/problem';
import type { NewSighting } from '../../api/types';
import { uuid7 } from '../../api/uuid';

export type Sending = 'writing' | 'sending' | 'queued' | 'sent' | 'refused';

export class Report {
  state = $state<Sending>('writing');
  error = $state.raw<ProblemError | null>(null);
  #id: string | null = null;

  /** Follows what becomes of the report; returns the way to stop. */
  follow(): () => void {
    return outbox.on_settled((entry, _answer, error) => {
      if (entry.id !== this.#id) return;
      this.error = error;
      this.state = error ? 'refused' : 'sent';
      // Shown here, it need not be shown again among what was refused.
      if (error) void outbox.dismiss(entry.id);
    });
  }

  /** Puts the sighting on the phone, then tries to send it; resolves when it is known where it is. */
  async send(alert_id: string, sighting: NewSighting, photo: Blob | null): Promise<void> {
    this.#id = sighting.id;
    this.state = 'sending';
    await outbox.add(sighting.id, 'POST /api/alerts/{id}/sightings', { path: { id: alert_id }, body: sighting });
    // Behind the words, so that they never wait for it.
    if (photo) await outbox.add(uuid7(), 'PUT /api/sightings/{id}/photo', { path: { id: sighting.id }, body: photo });
    await outbox.flush();
    if (this.state === 'sending') this.state = 'queued';
  }
}
