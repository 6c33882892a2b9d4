/** Requests that must not be lost without a network: kept sealed on the phone, sent in order, safe to send twice. */
import { call_with, on_reach } from './client';
import { database, keep_small, type Waiting, type WaitingRecord, type WaitingSent } from './keep';
import { OfflineError, ProblemError } from './problem';
import { seal, unseal } from './seal';
import type { Fix } from './types';
import { upload } from './upload';
import type { Operation, Sent } from './wire';

const FIXES: Operation = 'POST /api/patrols/{id}/fixes';
const FIXES_A_REQUEST = 100;
const RETRY_MS = 15_000;
/** Sent before anything else that waits. */
const URGENT = new Set<string>(['POST /api/sos', 'POST /api/sos/{id}/cancel'] satisfies Operation[]);

export interface OutboxState {
  /** Entries not yet acknowledged by the server. */
  waiting: number;
  /** Files among them. */
  photos: number;
  /** How much of the file that is being sent has gone, 0 to 1. */
  photo_share: number | null;
  /** Entries the server refused for good. */
  refused: WaitingRecord[];
  sending: boolean;
  /** Other people's entries on this phone: never sent in one's own name, never thrown away unasked. */
  others: { user_id: string; name: string; count: number }[];
}

/** Called when an entry has been acknowledged (with the answer) or refused for good (with the error). */
export type Settled = (entry: Waiting, answer: unknown, error: ProblemError | null) => void | Promise<void>;

export class Outbox {
  state = $state<OutboxState>({ waiting: 0, photos: 0, photo_share: null, refused: [], sending: false, others: [] });
  #user_id: string | null = null;
  #user_name = '';
  #settled = new Set<Settled>();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #flushing: Promise<void> | null = null;
  #once_more = false;

  /** Whose entries to send. One person's entries are never sent in another's name, nor thrown away. */
  async use(user_id: string | null, user_name = ''): Promise<void> {
    this.#user_id = user_id;
    this.#user_name = user_name;
    await this.#count();
    if (user_id) void this.flush();
  }

  on_settled(listener: Settled): () => void {
    this.#settled.add(listener);
    return () => this.#settled.delete(listener);
  }

  /**
   * Puts a request in the queue and tries to send it. `id` makes it one intent: the same id is queued once. A body may be
   * a file. Resolves when it is safely on the phone, not when it is sent.
   */
  async add<Op extends Operation>(id: string, operation: Op, sent: Sent<Op>, group: string | null = null): Promise<void> {
    if (!this.#user_id) throw new Error('The outbox needs a signed-in person');
    const [user_id, user_name] = [this.#user_id, this.#user_name];
    const { body, ...rest } = sent as WaitingSent;
    const file = body instanceof Blob ? body : null;
    const plain = file ? rest : { ...rest, body };
    const sealed = await seal(plain, file);
    const record: Omit<WaitingRecord, 'order'> = {
      id,
      user_id,
      user_name,
      operation,
      sealed,
      file_type: file ? file.type || 'application/octet-stream' : null,
      sent: sealed ? null : file ? { ...plain, body: file } : (JSON.parse(JSON.stringify(plain)) as WaitingSent),
      group,
      queued_at: new Date().toISOString(),
      refused: null,
    };
    try {
      // The database numbers the entries itself.
      await (await database()).add('outbox', record as WaitingRecord);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'ConstraintError')) throw error;
    }
    await this.#count();
  }

  /** The person's entries, oldest first. */
  async entries(): Promise<Waiting[]> {
    return Promise.all((await this.#records()).map(opened));
  }

  /** The same as they lie in the database: enough to count and to choose what is next. */
  async #records(): Promise<WaitingRecord[]> {
    if (!this.#user_id) return [];
    const all = await (await database()).getAllFromIndex('outbox', 'user_id', this.#user_id);
    return all.sort((a, b) => a.order - b.order);
  }

  /** Whether this entry still waits. */
  async holds(id: string): Promise<boolean> {
    return (await (await database()).getKeyFromIndex('outbox', 'id', id)) !== undefined;
  }

  /** The person has seen that this entry was refused. */
  async dismiss(id: string): Promise<void> {
    const db = await database();
    const key = await db.getKeyFromIndex('outbox', 'id', id);
    if (key !== undefined) await db.delete('outbox', key);
    await this.#count();
  }

  /** Throws away all that a person has waiting here, with the walk it belongs to: only ever because somebody chose it. */
  async discard(user_id: string): Promise<void> {
    const db = await database();
    const change = db.transaction('outbox', 'readwrite');
    for (const key of await change.store.index('user_id').getAllKeys(user_id)) await change.store.delete(key);
    await change.done;
    await keep_small(`patrol ${user_id}`, null);
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
      const waiting = (await this.#records()).filter((entry) => !entry.refused);
      const chosen = next_batch(in_order_of_need(waiting));
      if (chosen.length === 0 || this.#user_id !== user_id) return;
      const batch = await this.#opened_or_refused(chosen);
      if (batch === null) continue;
      try {
        await this.#done(batch, await this.#send(batch));
      } catch (error) {
        if (!(await this.#failed(batch, error))) return;
      }
    }
  }

  /** What these send; null when one of them cannot be opened any more, which is then said instead of stopping all others. */
  async #opened_or_refused(chosen: WaitingRecord[]): Promise<Waiting[] | null> {
    const tried = await Promise.allSettled(chosen.map(opened));
    const broken = chosen.filter((_, index) => tried[index]!.status === 'rejected');
    await this.#refuse(broken, { code: 'entry-unreadable', params: {} });
    return broken.length > 0 ? null : tried.map((each) => (each as PromiseFulfilledResult<Waiting>).value);
  }

  async #refuse(entries: { order?: number }[], reason: NonNullable<Waiting['refused']>): Promise<void> {
    if (entries.length === 0) return;
    const change = (await database()).transaction('outbox', 'readwrite');
    for (const { order } of entries) {
      const record = await change.store.get(order!);
      if (record) await change.store.put({ ...record, refused: reason });
    }
    await change.done;
  }

  async #send(batch: Waiting[]): Promise<unknown> {
    const operation = batch[0]!.operation as Operation;
    const sent = joined(batch);
    if (!(sent.body instanceof Blob)) return call_with(operation, sent);
    this.state.photo_share = 0;
    try {
      return await upload(operation, sent as Parameters<typeof upload>[1], (share) => (this.state.photo_share = share));
    } finally {
      this.state.photo_share = null;
    }
  }

  /**
   * Sends one entry past all others, also while a slow request is under way; the same entry may then be sent twice,
   * which changes nothing. Resolves when that is tried, sent or not.
   */
  async send_now(id: string): Promise<void> {
    const record = (await this.#records()).find((each) => each.id === id && !each.refused);
    if (!record) return;
    const entry = await opened(record);
    try {
      await this.#done([entry], await call_with(entry.operation as Operation, entry.sent));
    } catch (error) {
      await this.#failed([entry], error);
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
    // The leader's own start is still on its way: the joining waits for it.
    if (error.code === 'leader-not-walking') return false;
    // Another page is at the same file.
    if (error.code === 'upload-out-of-step') return false;
    await this.#refuse(batch, { code: error.code, params: error.params });
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
    for (const record of await this.#records()) {
      if (record.group !== from) continue;
      const { sent } = await opened(record);
      const { body, ...rest } = { ...sent, path: { ...sent.path, id: to } };
      const file = body instanceof Blob ? body : null;
      const sealed = await seal(file ? rest : { ...rest, body }, file);
      await db.put('outbox', { ...record, group: to, sealed, sent: sealed ? null : { ...rest, body } });
    }
  }

  async #count(): Promise<void> {
    try {
      const all = await (await database()).getAll('outbox');
      const own = all.filter((entry) => entry.user_id === this.#user_id).sort((a, b) => a.order - b.order);
      const waiting = own.filter((entry) => !entry.refused);
      this.state.waiting = waiting.length;
      this.state.photos = waiting.filter((entry) => entry.file_type !== null && entry.file_type !== undefined).length;
      this.state.refused = own.filter((entry) => entry.refused);
      this.state.others = this.#user_id ? counted_by_person(all.filter((entry) => entry.user_id !== this.#user_id)) : [];
    } catch {
      Object.assign(this.state, { waiting: 0, photos: 0, refused: [], others: [] });
    }
  }
}

/** An entry with what it sends; one kept by an earlier version of the app lies open already. */
async function opened(record: WaitingRecord): Promise<Waiting> {
  const { sealed, file_type, ...entry } = record;
  if (!sealed) return { ...entry, sent: entry.sent! };
  const { value, file } = await unseal<WaitingSent>(sealed);
  return { ...entry, sent: file_type ? { ...value, body: new Blob([file], { type: file_type }) } : value };
}

function counted_by_person(entries: WaitingRecord[]): OutboxState['others'] {
  const people: OutboxState['others'] = [];
  for (const { user_id, user_name } of entries) {
    const known = people.find((person) => person.user_id === user_id);
    if (known) known.count++;
    else people.push({ user_id, name: user_name ?? '', count: 1 });
  }
  return people;
}

type Chooseable = Pick<Waiting, 'operation' | 'group'>;

/** Calls for help first, files last, everything else as it was queued. */
function in_order_of_need<Entry extends Chooseable & { file_type: string | null }>(entries: Entry[]): Entry[] {
  const need = (entry: Entry) => (URGENT.has(entry.operation) ? 0 : entry.file_type ? 2 : 1);
  return entries.toSorted((a, b) => need(a) - need(b));
}

/** The entries to send next as one request: one, or as many of its group as follow it and fit. */
export function next_batch<Entry extends Chooseable>(entries: Entry[]): Entry[] {
  const first = entries[0];
  if (!first) return [];
  if (first.group === null || first.operation !== FIXES) return [first];
  const batch: Entry[] = [];
  for (const entry of entries) {
    if (entry.operation !== first.operation || entry.group !== first.group || batch.length >= FIXES_A_REQUEST) break;
    batch.push(entry);
  }
  return batch;
}

function joined(batch: Waiting[]): WaitingSent {
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
