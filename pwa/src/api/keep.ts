/** What the phone keeps for itself in IndexedDB: last answers, the outbox, and a few small things the worker needs too. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Sealed } from './seal';

/** The last answer of a read, so that a list can be shown honestly without a network. */
export interface KeptAnswer {
  value: unknown;
  /** When the server gave it, in milliseconds. */
  at_ms: number;
}

/** What goes along with a request; a body may be a file. */
export interface WaitingSent {
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
}

/** One request waiting to be sent. Entries are sent in the order of `order`. */
export interface Waiting {
  order?: number;
  id: string;
  user_id: string;
  /** Whose it is, to ask by name when somebody else signs in. */
  user_name: string;
  operation: string;
  sent: WaitingSent;
  /** Entries of one group that directly follow each other may be joined into one request. */
  group: string | null;
  queued_at: string;
  /** Why the server refused it for good; such an entry is kept until the person has seen it. */
  refused: { code: string; params: Record<string, unknown> } | null;
}

/** An entry as it lies in the database: what it sends is sealed, unless this browser cannot seal. */
export type WaitingRecord = Omit<Waiting, 'sent'> & {
  order: number;
  sealed: Sealed | null;
  file_type: string | null;
  sent: WaitingSent | null;
};

interface Kept extends DBSchema {
  answers: { key: string; value: KeptAnswer };
  outbox: { key: number; value: WaitingRecord; indexes: { user_id: string; id: string } };
  small: { key: string; value: unknown };
}

let opened: Promise<IDBPDatabase<Kept>> | null = null;

export function database(): Promise<IDBPDatabase<Kept>> {
  opened ??= openDB<Kept>('lexun', 1, {
    upgrade(db) {
      db.createObjectStore('answers');
      const outbox = db.createObjectStore('outbox', { keyPath: 'order', autoIncrement: true });
      outbox.createIndex('user_id', 'user_id');
      outbox.createIndex('id', 'id', { unique: true });
      db.createObjectStore('small');
    },
    terminated() {
      opened = null;
    },
  }).catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}

/** The kept answer under this key, or nothing; a phone that refuses storage simply keeps none. */
export async function kept_answer(key: string): Promise<KeptAnswer | undefined> {
  try {
    return await (await database()).get('answers', key);
  } catch {
    return undefined;
  }
}

/** Every kept answer whose key begins so, newest first. */
export async function kept_answers(beginning: string): Promise<KeptAnswer[]> {
  try {
    const range = IDBKeyRange.bound(beginning, `${beginning}\uffff`);
    const found = await (await database()).getAll('answers', range);
    return found.sort((a, b) => b.at_ms - a.at_ms);
  } catch {
    return [];
  }
}

export async function keep_answer(key: string, value: unknown): Promise<void> {
  try {
    await (await database()).put('answers', { value, at_ms: Date.now() }, key);
  } catch {
    // Without storage the app works online only.
  }
}

/** Forgets everything kept for one person. */
export function forget_answers_of(user_id: string): Promise<void> {
  return forget((key) => key.startsWith(`${user_id} `));
}

const KEPT_MS = 7 * 24 * 3600_000;
/** What a seat in hand needs on its day with no network, however early it was taken. */
const FOR_A_WALK = /^\S+ (walk|task|my assignments)\b/;

/** Forgets answers that nobody has renewed for a week: what was walked and seen does not lie on a phone for ever. */
export function forget_old_answers(now_ms: number = Date.now()): Promise<void> {
  return forget((key, kept) => now_ms - kept.at_ms > KEPT_MS && !FOR_A_WALK.test(key));
}

/** Forgets every answer that names this thing anywhere: a recalled alert goes from its card and from the inbox alike. */
export function forget_thing(id: string): Promise<void> {
  return forget((key, kept) => key.includes(id) || JSON.stringify(kept.value).includes(id));
}

async function forget(is_meant: (key: string, kept: KeptAnswer) => boolean): Promise<void> {
  try {
    const change = (await database()).transaction('answers', 'readwrite');
    for (let at = await change.store.openCursor(); at; at = await at.continue()) {
      if (is_meant(at.key, at.value)) await at.delete();
    }
    await change.done;
  } catch {
    // Nothing was kept.
  }
}

export async function keep_small(key: string, value: unknown): Promise<void> {
  try {
    const db = await database();
    await (value === null ? db.delete('small', key) : db.put('small', value, key));
  } catch {
    // Without storage the app works online only.
  }
}

export async function kept_small<Value>(key: string): Promise<Value | undefined> {
  try {
    return (await (await database()).get('small', key)) as Value | undefined;
  } catch {
    return undefined;
  }
}
