/** Requests carry what the server asks for, and every way of failing has its own kind of error. */
import { afterEach, expect, test, vi } from 'vitest';
import { address_of, call, clock_skew_ms, learn_clock, on_reach, on_signed_out } from '../src/api/client';
import { OfflineError, ProblemError } from '../src/api/problem';
import { uuid7 } from '../src/api/uuid';

function answer_with(...answers: (Response | Error)[]) {
  const asked: { url: string; init: RequestInit }[] = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push({ url, init });
    const next = answers.shift()!;
    if (next instanceof Error) throw next;
    return next;
  });
  return asked;
}

const json = (body: unknown, status = 200, type = 'application/json') =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': type } });

afterEach(() => vi.unstubAllGlobals());

test('an address is filled in and escaped; what is undefined is left out', () => {
  expect(address_of('GET /api/tasks/{id}', { path: { id: 'a/b' } })).toBe('/api/tasks/a%2Fb');
  expect(address_of('GET /api/tasks', { query: { lon: 122.5, kind: undefined } })).toBe('/api/tasks?lon=122.5');
  expect(() => address_of('GET /api/tasks/{id}', { path: {} })).toThrow('needs path.id');
});

test('a change carries the CSRF token from the cookie, a read does not', async () => {
  document.cookie = 'lexun_csrf=a%2Bb';
  const asked = answer_with(json({ on_duty: true }), json([]));
  await call('PUT /api/me/duty', { body: { on_duty: true } });
  await call('GET /api/areas');
  expect((asked[0]!.init.headers as Record<string, string>)['X-CSRF-Token']).toBe('a+b');
  expect((asked[1]!.init.headers as Record<string, string>)['X-CSRF-Token']).toBeUndefined();
  expect(asked[0]!.init.body).toBe('{"on_duty":true}');
});

test('a problem document becomes a ProblemError with its code and figures', async () => {
  answer_with(json({ code: 'seat-taken', title: 'x', status: 409, params: { alternatives: [] }, type: 'y', instance: 'i' }, 409, 'application/problem+json'));
  const error = await call('POST /api/tasks/{id}/grab', { path: { id: 't' }, body: { id: uuid7() } }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ code: 'seat-taken', params: { alternatives: [] }, request_id: 'i', passing: false });
});

test('no answer, a broken answer and a gateway’s answer are all "offline", and listeners hear of it', async () => {
  const heard: boolean[] = [];
  const stop = on_reach((reached) => heard.push(reached));
  answer_with(new TypeError('Failed to fetch'), new Response('busy', { status: 503 }), new Response('{"a":', { headers: { 'content-type': 'application/json' } }));
  for (let n = 0; n < 3; n++) await expect(call('GET /api/areas')).rejects.toBeInstanceOf(OfflineError);
  stop();
  expect(heard).toEqual([false, false, true]);
});

test('a 204 is nothing, not an error', async () => {
  answer_with(new Response(null, { status: 204 }));
  await expect(call('DELETE /api/session')).resolves.toBeUndefined();
});

test('a lost session is told once to whoever handles it', async () => {
  const gone = vi.fn();
  on_signed_out(gone);
  answer_with(json({ code: 'not-signed-in', params: {} }, 401), json({ code: 'wrong-credentials', params: {} }, 401));
  await call('GET /api/areas').catch(() => undefined);
  await call('POST /api/session', { body: { phone: '1', password: '2' } }).catch(() => undefined);
  expect(gone).toHaveBeenCalledTimes(1);
});

test('the server’s clock is learnt from the middle of the round trip', () => {
  const asked = Date.parse('2026-06-05T12:00:00Z');
  learn_clock('2026-06-05T12:10:01Z', asked, asked + 2000);
  expect(clock_skew_ms()).toBe(600_000);
  learn_clock('nonsense', asked, asked);
  expect(clock_skew_ms()).toBe(600_000);
  learn_clock('2026-06-05T12:00:00Z', asked, asked);
});

test('ids are version 7, unlike each other, and sort by time', () => {
  const ids = Array.from({ length: 1000 }, () => uuid7());
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuid7(1_000) < uuid7(2_000)).toBe(true);
  expect(uuid7(2 ** 40) > uuid7(2 ** 40 - 1)).toBe(true);
});
