/**
 * What must not lie readable on a phone (whereabouts, notes, photos) is sealed with a key that the browser keeps and never
 * gives out: nobody reads the database's files, nor a copy of them.
 */
import { database } from './keep';

/** AES-GCM's random start and the sealed bytes: a JSON text with its length before it, then a file's bytes if there is one. */
export interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  bytes: ArrayBuffer;
}

const KEY = 'seal key';
const IV_BYTES = 12;
const LENGTH_BYTES = 4;

let held: { db: Awaited<ReturnType<typeof database>>; key: Promise<CryptoKey | null> } | null = null;

/** The key of this browser, made once; null at an insecure address, where browsers offer neither keys nor positions. */
async function sealing_key(): Promise<CryptoKey | null> {
  // Site data may be cleared under an open page: another database has another key.
  const db = await database();
  if (held?.db !== db) held = { db, key: find_key() };
  try {
    return await held.key;
  } catch (error) {
    held = null;
    throw error;
  }
}

async function find_key(): Promise<CryptoKey | null> {
  if (!globalThis.crypto?.subtle) return null;
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  // Two tabs may come here at once: the first key that is kept is everybody's.
  const change = (await database()).transaction('small', 'readwrite');
  const kept = (await change.store.get(KEY)) as CryptoKey | undefined;
  if (!kept) await change.store.put(made, KEY);
  await change.done;
  return kept ?? made;
}

/** Forgets which key is held, as a page loaded anew does. */
export function forget_key(): void {
  held = null;
}

/** Seals a value that JSON can say, and a file beside it; null where this browser cannot seal. */
export async function seal(value: unknown, file: Blob | null = null): Promise<Sealed | null> {
  const key = await sealing_key();
  if (!key) return null;
  const text = new TextEncoder().encode(JSON.stringify(value));
  const file_bytes = file ? new Uint8Array(await file.arrayBuffer()) : new Uint8Array();
  const plain = new Uint8Array(LENGTH_BYTES + text.length + file_bytes.length);
  new DataView(plain.buffer).setUint32(0, text.length);
  plain.set(text, LENGTH_BYTES);
  plain.set(file_bytes, LENGTH_BYTES + text.length);
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  return { iv, bytes: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain) };
}

/** What was sealed. @throws DOMException when it was sealed with another key or was changed. */
export async function unseal<Value>(sealed: Sealed): Promise<{ value: Value; file: Uint8Array<ArrayBuffer> }> {
  const key = await sealing_key();
  if (!key) throw new DOMException('This browser cannot open what it sealed', 'NotSupportedError');
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.iv }, key, sealed.bytes);
  const length = new DataView(plain).getUint32(0);
  const text = new TextDecoder().decode(new Uint8Array(plain, LENGTH_BYTES, length));
  return { value: JSON.parse(text) as Value, file: new Uint8Array(plain.slice(LENGTH_BYTES + length)) };
}

/** Keeps a small thing sealed under its key; null removes it. */
export async function keep_sealed(key: string, value: unknown): Promise<void> {
  try {
    const sealed = value === null ? null : ((await seal(value)) ?? value);
    const db = await database();
    await (sealed === null ? db.delete('small', key) : db.put('small', sealed, key));
  } catch {
    // Without storage the app works online only.
  }
}

/** What was kept sealed (or, by an earlier version of the app, open). */
export async function kept_sealed<Value>(key: string): Promise<Value | undefined> {
  try {
    const found = (await (await database()).get('small', key)) as Sealed | Value | undefined;
    return is_sealed(found) ? (await unseal<Value>(found)).value : (found as Value | undefined);
  } catch {
    return undefined;
  }
}

function is_sealed(found: unknown): found is Sealed {
  return typeof found === 'object' && found !== null && 'iv' in found && 'bytes' in found;
}
