/** A call for help on the phone: a slip is never heard of, what is queued is never called sent, codes mean what they say. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { outbox } from '../src/api/outbox.svelte';
import { session } from '../src/api/session.svelte';
import type { Me } from '../src/api/types';
import {
  begin_call,
  calling,
  cancel_call,
  choose_codes,
  choose_silent,
  forget,
  meaning_of,
  resume_call,
  send_call,
  sos_settings,
  start_calling,
  take_back,
} from '../src/features/sos/calling.svelte';

let asked: { url: string; body: Record<string, unknown> }[] = [];
let online = true;

start_calling();

beforeEach(async () => {
  asked = [];
  online = true;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    if (!online) throw new TypeError('Failed to fetch');
    const body = JSON.parse(String(init.body ?? 'null')) as Record<string, unknown>;
    asked.push({ url, body });
    const state = url.endsWith('/cancel') ? 'cancelled' : 'open';
    return new Response(JSON.stringify({ id: body['id'], state, told: 3, delivered: [], acknowledged: [], position: null }), {
      headers: { 'content-type': 'application/json' },
    });
  });
  session.user = { id: 'ann', name: 'Ann', roles: [] } as unknown as Me;
  await outbox.use('ann', 'Ann');
  forget();
  sos_settings.silent = false;
  sos_settings.codes = null;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  session.user = null;
});

const told = () => asked.filter(({ url }) => url === '/api/sos');

test('a slip that is taken back is heard by nobody', async () => {
  begin_call({ silent: false, test: false });
  expect(calling.phase).toBe('counting');
  take_back();
  await send_call();
  expect(calling.phase).toBe('none');
  expect(told()).toEqual([]);
});

test('without a network a call is queued, not sent, and goes out with its own id and time', async () => {
  online = false;
  begin_call({ silent: false, test: false });
  const { id, at } = calling.asked!;
  await send_call();
  await vi.waitFor(() => expect(calling.phase).toBe('queued'));
  expect(calling.answer).toBeNull();
  online = true;
  await outbox.send_now(id);
  expect(calling.phase).toBe('sent');
  // The network's return may send it once more: the same call.
  for (const { body } of told()) expect(body).toMatchObject({ id, at, silent: false, test: false });
  expect(told().length).toBeGreaterThan(0);
  expect(outbox.state.waiting).toBe(0);
});

test('a call that was queued when the page went is tried again by the next one', async () => {
  online = false;
  begin_call({ silent: false, test: false });
  const { id } = calling.asked!;
  await send_call();
  await vi.waitFor(async () => expect(await outbox.holds(id)).toBe(true));
  await resume_call();
  expect(calling.phase).toBe('queued');
  online = true;
  await outbox.flush();
  await vi.waitFor(() => expect(calling.phase).toBe('sent'));
  expect(new Set(told().map(({ body }) => body['id']))).toEqual(new Set([id]));
});

test('a silent call shakes nothing and goes out at once', async () => {
  const shake = vi.fn();
  Object.defineProperty(navigator, 'vibrate', { value: shake, configurable: true });
  await choose_silent(true);
  begin_call({ silent: true, test: false });
  await vi.waitFor(() => expect(told()).toHaveLength(1));
  expect(told()[0]!.body['silent']).toBe(true);
  expect(shake).not.toHaveBeenCalled();
});

test('the forced code looks like the true one on this phone, and tells the server', async () => {
  await choose_codes({ cancel: '1234', duress: '9876' });
  expect([meaning_of('1234'), meaning_of('9876'), meaning_of('0000')]).toEqual(['cancel', 'duress', 'wrong']);
  begin_call({ silent: false, test: false });
  await send_call();
  await vi.waitFor(() => expect(calling.phase).toBe('sent'));
  await cancel_call({ duress: true });
  await vi.waitFor(() => expect(calling.answer?.state).toBe('cancelled'));
  expect(asked.find(({ url }) => url.endsWith('/cancel'))!.body['duress']).toBe(true);
});

test('the codes outlive the page, sealed', async () => {
  await choose_codes({ cancel: '1234', duress: '9876' });
  sos_settings.codes = null;
  await resume_call();
  expect(sos_settings.codes).toEqual({ cancel: '1234', duress: '9876' });
});

test('pressed again a call under way is shown, not made twice; once it is over there is a new one', async () => {
  begin_call({ silent: false, test: false });
  const { id } = calling.asked!;
  await send_call();
  await vi.waitFor(() => expect(calling.phase).toBe('sent'));
  begin_call({ silent: false, test: false });
  expect(calling.asked!.id).toBe(id);
  await cancel_call();
  await vi.waitFor(() => expect(calling.answer?.state).toBe('cancelled'));
  begin_call({ silent: false, test: false });
  expect(calling.asked!.id).not.toBe(id);
  take_back();
});
