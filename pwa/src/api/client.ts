/** The one place that speaks HTTP: typed operations in, answers or typed errors out. */
import { OfflineError, problem_of } from './problem';
import type { Answer, Operation, Sent, SentArguments } from './wire';

const TIMEOUT_MS = 20_000;

interface Plain {
  path?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
}

type Listener = (reached: boolean) => void;
const listeners = new Set<Listener>();
let signed_out: () => void = () => {};
let skew_ms = 0;

/** Called after each request with whether the server was reached; returns the way to stop. */
export function on_reach(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Says what to do when the server no longer knows this session. */
export function on_signed_out(act: () => void): void {
  signed_out = act;
}

/** The server's clock as well as this phone can know it, in milliseconds; countdowns use this, never Date.now(). */
export function server_now_ms(): number {
  return Date.now() + skew_ms;
}

/** How far this phone's clock is behind the server's, in milliseconds. */
export function clock_skew_ms(): number {
  return skew_ms;
}

/** Learns the server's clock from a time it sent; `asked_ms` and `answered_ms` are this phone's clock around it. */
export function learn_clock(server_time: string, asked_ms: number, answered_ms: number): void {
  const server_ms = Date.parse(server_time);
  if (Number.isFinite(server_ms)) skew_ms = server_ms - (asked_ms + answered_ms) / 2;
}

/** The address of an operation with its path and query filled in. */
export function address_of(operation: Operation, sent: Plain = {}): string {
  const template = operation.slice(operation.indexOf(' ') + 1);
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = sent.path?.[name];
    if (!value) throw new TypeError(`${operation} needs path.${name}`);
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(sent.query ?? {})) {
    if (value !== undefined && value !== null) query.set(name, String(value));
  }
  return query.size > 0 ? `${path}?${query}` : path;
}

/** The CSRF token that the server asked to have echoed. */
export function csrf_token(): string {
  const found = /(?:^|;\s*)lexun_csrf=([^;]*)/.exec(document.cookie);
  return found ? decodeURIComponent(found[1]!) : '';
}

async function send(operation: Operation, sent: Plain): Promise<Response> {
  const method = operation.slice(0, operation.indexOf(' '));
  const headers: Record<string, string> = { Accept: 'application/json, application/problem+json' };
  let body: BodyInit | undefined;
  if (sent.body instanceof Blob) {
    body = sent.body;
    headers['Content-Type'] = sent.body.type || 'application/octet-stream';
  } else if (sent.body !== undefined) {
    body = JSON.stringify(sent.body);
    headers['Content-Type'] = 'application/json';
  }
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf_token();
  try {
    const response = await fetch(address_of(operation, sent), {
      method,
      headers,
      body,
      credentials: 'same-origin',
      // Kept only where the server says so, and never shown without asking whether it still holds.
      cache: 'no-cache',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // A gateway that cannot reach the application answers for it; to the person that is the same as no network.
    if ([502, 503, 504].includes(response.status) && !is_json(response)) throw new OfflineError(response.status);
    for (const listener of listeners) listener(true);
    return response;
  } catch (cause) {
    for (const listener of listeners) listener(false);
    throw cause instanceof OfflineError ? cause : new OfflineError(cause);
  }
}

const is_json = (response: Response) => (response.headers.get('content-type') ?? '').includes('json');

/**
 * Calls one operation.
 * @throws ProblemError the server refused; `code` says why.
 * @throws OfflineError nothing came back; the request may or may not have been carried out.
 */
export async function call<Op extends Operation>(operation: Op, ...[sent]: SentArguments<Op>): Promise<Answer<Op>> {
  return call_with(operation, sent as Sent<Op> | undefined);
}

/** `call` for senders that keep their requests as data (the outbox). */
export async function call_with<Op extends Operation>(operation: Op, sent?: unknown): Promise<Answer<Op>> {
  const asked_ms = Date.now();
  const response = await send(operation, (sent ?? {}) as Plain);
  if (!response.ok) {
    const problem = await problem_of(response);
    if (problem.status === 401 && problem.code === 'not-signed-in') signed_out();
    throw problem;
  }
  if (response.status === 204 || response.headers.get('content-length') === '0') return undefined as Answer<Op>;
  if (!is_json(response)) return (await response.blob()) as Answer<Op>;
  try {
    const answer = (await response.json()) as Answer<Op>;
    if (operation === 'GET /api/session') {
      learn_clock((answer as { server_time: string }).server_time, asked_ms, Date.now());
    }
    return answer;
  } catch (cause) {
    throw new OfflineError(cause);
  }
}
