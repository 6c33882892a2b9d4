/** Requests that must not be lost without a network: kept on the phone, sent in order, safe to send twice. */
import { call_with, on_reach } from './client';
import { database, type Waiting } from './keep';
import { OfflineError, ProblemError } from './problem';
import type { Fix } from './types';
import type { Operation, Sent } from './wire';

const FIXES: Operation = 'POST /api/patrols/{id}/fixes';
const FIXES_A_REQUEST = 100;
const RETRY_MS = 15_000;

export interface OutboxState {
  /** Entries not yet acknowledged by the server. */
  waiting: number;
  /** Entries the server refused for good. */
  refused: Waiting[];
  sending: boolean;
}

/** Called when an entry has been acknowledged (with the answer) or refused for good (with the error). */
export type Settled = (entry: Waiting, answer: unknown, error: ProblemError | null) => void | Promise<void>;

export class Outbox {
  state = $state<OutboxState>({ waiting: 0, refused: [], sending: false });
  #user_id: string | null = null;
  #settled = new Set<Settled>();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #flushing: Promise<void> | null = null;
  #once_more = false;

  /** Whose entries to send. One person's entries are never sent in another's name, nor thrown away. */
  async use(user_id: string | null): Promise<void> {
    this.#user_id = user_id;
    await this.#count();
    if (user_id) void this.flush();
  }

  on_settled(listener: Settled): () => void {
    this.#settled.add(listener);
    return () => this.#settled.delete(listener);
  }

  /**
   * Puts a request in the queue and tries to send it. `id` makes it one intent: the same id is queued once.
   * Resolves when it is safely on the phone, not when it is sent.
   */
  async add<Op extends Operation>(id: string, operation: Op, sent: Sent<Op>, group: string | null = null): Promise<void> {
    if (!this.#user_id) throw new Error('The outbox needs a signed-in person');
    const db = await database();
    const entry: Waiting = {
      id,
      user_id: this.#user_id,
      operation,
      sent: plain(sent as Waiting['sent']),
      group,
      queued_at: new Date().toISOString(),
      refused: null,
    };
    try {
      await db.add('outbox', entry);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'ConstraintError')) throw error;
    }
    await this.#count();
  }

  /** The person's entries, oldest first. */
  async entries(): Promise<Waiting[]> {
    if (!this.#user_id) return [];
    const all = await (await database()).getAllFromIndex('outbox', 'user_id', this.#user_id);
    return all.sort((a, b) => a.order! - b.order!);
  }

  /** The person has seen that this entry was refused. */
  async dismiss(id: string): Promise<void> {
    const db = await database();
    const key = await db.getKeyFromIndex('outbox', 'id', id);
    if (key !== undefined) await db.delete('outbox', key);
    await this.#count();
  }

  /** Sends what waits, one request at a time, also across tabs. What is added meanwhile is sent before it resolves. */
  flush(): Promise<void> {
    if (this.#flushing) this.#once_more = true;
    this.#flushing ??= this.#flush_locked().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #flush_locked(): Promise<void> {
    clearTimeout(this.#retry);
    if (!this.#user_id) return;
    this.state.sending = true;
    try {
      const work = () => this.#send_all();
      do {
        this.#once_more = false;
        await (globalThis.navigator?.locks ? navigator.locks.request('lexun.outbox', work) : work());
      } while (this.#once_more);
    } finally {
      this.state.sending = false;
      await this.#count();
      if (this.state.waiting > 0) this.#retry = setTimeout(() => void this.flush(), RETRY_MS);
    }
  }

  async #send_all(): Promise<void> {
    const user_id = this.#user_id;
    for (;;) {
      const batch = next_batch((await this.entries()).filter((entry) => !entry.refused));
      if (batch.length === 0 || this.#user_id !== user_id) return;
      try {
        const answer = await call_with(batch[0]!.operation as Operation, joined(batch));
        await this.#done(batch, answer);
      } catch (error) {
        if (!(await this.#failed(batch, error))) return;
      }
    }
  }

  async #done(batch: Waiting[], answer: unknown): Promise<void> {
    const db = await database();
    const change = db.transaction('outbox', 'readwrite');
    await Promise.all([...batch.map((entry) => change.store.delete(entry.order!)), change.done]);
    await this.#count();
    await this.#tell(batch, answer, null);
  }

  /** Whether to go on with the next entry: yes after a refusal, no while the server cannot be reached or is busy. */
  async #failed(batch: Waiting[], error: unknown): Promise<boolean> {
    if (error instanceof OfflineError) return false;
    if (!(error instanceof ProblemError)) throw error;
    // Signed out, or an old CSRF token: the entries are fine and stay until the person is back.
    if (error.passing || error.status === 401 || error.code === 'csrf-failed') return false;
    const db = await database();
    for (const entry of batch) {
      await db.put('outbox', { ...entry, refused: { code: error.code, params: error.params } });
    }
    await this.#tell(batch, undefined, error);
    await this.#count();
    return true;
  }

  async #tell(batch: Waiting[], answer: unknown, error: ProblemError | null): Promise<void> {
    for (const entry of batch) for (const listener of this.#settled) await listener(entry, answer, error);
  }

  /** Sends a group's waiting entries to another thing: what the phone called by its own id turned out to be another's. */
  async move_group(from: string, to: string): Promise<void> {
    const db = await database();
    for (const entry of await this.entries()) {
      if (entry.group !== from) continue;
      await db.put('outbox', { ...entry, group: to, sent: { ...entry.sent, path: { ...entry.sent.path, id: to } } });
    }
  }

  async #count(): Promise<void> {
    try {
      const entries = await this.entries();
      this.state.waiting = entries.filter((entry) => !entry.refused).length;
      this.state.refused = entries.filter((entry) => entry.refused);
    } catch {
      this.state.waiting = 0;
      this.state.refused = [];
    }
  }
}

/** As it can be kept: plain values, and a file as it is. */
function plain(sent: Waiting['sent']): Waiting['sent'] {
  if (!(sent.body instanceof Blob)) return JSON.parse(JSON.stringify(sent)) as Waiting['sent'];
  const { body, ...rest } = sent;
  return { ...(JSON.parse(JSON.stringify(rest)) as Waiting['sent']), body };
}

/** The entries to send next as one request: one, or as many of its group as follow it and fit. */
export function next_batch(entries: Waiting[]): Waiting[] {
  const first = entries[0];
  if (!first) return [];
  if (first.group === null || first.operation !== FIXES) return [first];
  const batch: Waiting[] = [];
  for (const entry of entries) {
    if (entry.operation !== first.operation || entry.group !== first.group || batch.length >= FIXES_A_REQUEST) break;
    batch.push(entry);
  }
  return batch;
}

function joined(batch: Waiting[]): Waiting['sent'] {
  const first = batch[0]!;
  if (first.operation !== FIXES || first.group === null) return first.sent;
  const fixes = batch.flatMap((entry) => (entry.sent.body as { fixes: Fix[] }).fixes);
  return { ...first.sent, body: { fixes } };
}

export const outbox = new Outbox();

/** Sends what waits whenever the phone may have come back: network, page shown again, any answered request. */
export function watch_for_network(): void {
  let reached = true;
  window.addEventListener('online', () => void outbox.flush());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void outbox.flush();
  });
  on_reach((now) => {
    if (now && !reached) void outbox.flush();
    reached = now;
  });
}
