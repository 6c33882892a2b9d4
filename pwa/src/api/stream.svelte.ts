/** The live stream from the server: one EventSource, resumed where it broke, handing messages to whoever listens. */
import { call } from './client';
import { keep_small, kept_small } from './keep';
import type { LivePosition, Message } from './types';

type Hear<Thing> = (thing: Thing) => void;

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** The server sends a comment every 15 s, but comments are not events; a silent socket is noticed on return instead. */
const HIDDEN_MS = 60_000;

const messages = new Set<Hear<Message>>();
const positions = new Set<Hear<LivePosition>>();

export const stream = $state({ connected: false, unread: 0 });

let source: EventSource | null = null;
let wanted: { user_id: string; desk_area_id: string | null } | null = null;
let last_seq = 0;
let wait_ms = FIRST_WAIT_MS;
let again: ReturnType<typeof setTimeout> | undefined;
let hidden: ReturnType<typeof setTimeout> | undefined;

/** Hears every message; returns the way to stop. */
export function on_message(hear: Hear<Message>): () => void {
  messages.add(hear);
  return () => messages.delete(hear);
}

/** Hears moving positions (only while the stream is opened for a desk). */
export function on_position(hear: Hear<LivePosition>): () => void {
  positions.add(hear);
  return () => positions.delete(hear);
}

/** Opens the stream for this person, or closes it for null. */
export async function open_stream(user_id: string | null, desk_area_id: string | null = null): Promise<void> {
  if (wanted?.user_id === user_id && wanted?.desk_area_id === desk_area_id) return;
  close();
  const changed = wanted?.user_id !== user_id;
  wanted = user_id ? { user_id, desk_area_id } : null;
  const mine = wanted;
  if (changed) {
    stream.unread = 0;
    last_seq = user_id ? ((await kept_small<number>(`seq ${user_id}`)) ?? 0) : 0;
  }
  if (wanted === mine) connect();
}

/** How many of the last messages have not been seen: asked once, then counted as they come. */
export async function count_unread(): Promise<void> {
  if (!wanted) return;
  const { items } = await call('GET /api/me/messages').catch(() => ({ items: [] }));
  stream.unread = items.filter((message) => !message.read).length;
}

/** Adds or removes moving positions: the desk calls this with its area, and with null when it leaves. */
export function watch_area(area_id: string | null): void {
  if (wanted) void open_stream(wanted.user_id, area_id);
}

/** How long to wait before the next try: doubling up to a minute, spread so that phones do not return all at once. */
export function next_wait_ms(former_ms: number, random: number = Math.random()): number {
  return Math.min(LONGEST_WAIT_MS, former_ms * 2) * (0.75 + random / 2);
}

/** The stream's address, resuming after the last message seen. */
export function stream_address(after: number, desk_area_id: string | null): string {
  const query = new URLSearchParams();
  if (after > 0) query.set('after', String(after));
  if (desk_area_id) query.set('desk', desk_area_id);
  return query.size ? `/api/stream?${query}` : '/api/stream';
}

function connect(): void {
  clearTimeout(again);
  if (!wanted || source || typeof EventSource === 'undefined') return;
  if (document.visibilityState === 'hidden' || navigator.onLine === false) return;
  const opened = new EventSource(stream_address(last_seq, wanted.desk_area_id));
  source = opened;
  opened.onopen = () => {
    stream.connected = true;
    wait_ms = FIRST_WAIT_MS;
  };
  opened.addEventListener('message', (event) => take_message(event as MessageEvent<string>));
  // Where the stream begins: from here it can be resumed, even when nothing has been said yet.
  opened.addEventListener('ready', (event) => {
    reach((JSON.parse((event as MessageEvent<string>).data) as { seq: number }).seq);
  });
  opened.addEventListener('position', (event) => {
    const position = JSON.parse((event as MessageEvent<string>).data) as LivePosition;
    for (const hear of positions) hear(position);
  });
  opened.onerror = () => {
    if (source !== opened) return;
    close();
    wait_ms = next_wait_ms(wait_ms);
    again = setTimeout(connect, wait_ms);
  };
}

function take_message(event: MessageEvent<string>): void {
  const message = JSON.parse(event.data) as Message;
  if (message.seq && message.seq <= last_seq) return;
  reach(message.seq);
  stream.unread += 1;
  for (const hear of messages) hear(message);
}

function reach(seq: number): void {
  if (!(seq > last_seq)) return;
  last_seq = seq;
  if (wanted) void keep_small(`seq ${wanted.user_id}`, last_seq);
}

function close(): void {
  clearTimeout(again);
  source?.close();
  source = null;
  stream.connected = false;
}

/** Follows the page: no stream while it has been hidden for a minute, at once again when it returns or the network does. */
export function follow_page(): void {
  document.addEventListener('visibilitychange', () => {
    clearTimeout(hidden);
    if (document.visibilityState === 'hidden') {
      hidden = setTimeout(close, HIDDEN_MS);
    } else {
      wait_ms = FIRST_WAIT_MS;
      connect();
    }
  });
  window.addEventListener('online', () => {
    wait_ms = FIRST_WAIT_MS;
    connect();
  });
  window.addEventListener('offline', close);
}
