/** What waits on the phone is sent once each, in order, for the right person, and is lost to nothing. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { database, forget_old_answers, keep_answer, kept_answer, type Waiting } from '../src/api/keep';
import { Outbox, next_batch } from '../src/api/outbox.svelte';
import { forget_key } from '../src/api/seal';
import { uuid7 } from '../src/api/uuid';

const P1 = '11111111-1111-7111-8111-111111111111';
const P2 = '22222222-2222-7222-8222-222222222222';

type Reply = (url: string, body: { fixes?: { id: string }[] }) => Response;
let asked: { url: string; body: { fixes?: { id: string }[]; id?: string } }[] = [];
let reply: Reply;

const ok = () => new Response('{"stored":1,"duplicates":0,"refused":[]}', { headers: { 'content-type': 'application/json' } });
const refuse = (code: string, status: number) =>
  new Response(JSON.stringify({ code, status, params: {} }), { status, headers: { 'content-type': 'application/problem+json' } });
const offline: Reply = () => {
  throw new TypeError('Failed to fetch');
};

beforeEach(() => {
  asked = [];
  reply = ok;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const body = JSON.parse(String(init.body));
    const answer = reply(url, body);
    asked.push({ url, body });
    return answer;
  });
});
afterEach(() => vi.unstubAllGlobals());

async function box_of(user_id: string): Promise<Outbox> {
  const box = new Outbox();
  await box.use(user_id);
  await box.flush();
  return box;
}

const fix = (box: Outbox, id = uuid7(), patrol = P1) =>
  box.add(
    id,
    'POST /api/patrols/{id}/fixes',
    { path: { id: patrol }, body: { fixes: [{ id, at: '2026-06-05T12:00:00Z', lon: 1, lat: 2, accuracy_m: 5 }] } },
    patrol,
  );
const finish = (box: Outbox, patrol = P1) =>
  box.add(uuid7(), 'POST /api/patrols/{id}/finish', { path: { id: patrol }, body: { finished_at: 'x' } }, patrol);

test('fixes of one patrol go in one request, and what follows waits its turn', async () => {
  const box = await box_of('ann');
  for (let n = 0; n < 3; n++) await fix(box);
  await finish(box);
  await fix(box, uuid7(), P2);
  await box.flush();
  expect(asked.map(({ url, body }) => [url, body.fixes?.length])).toEqual([
    [`/api/patrols/${P1}/fixes`, 3],
    [`/api/patrols/${P1}/finish`, undefined],
    [`/api/patrols/${P2}/fixes`, 1],
  ]);
  expect(box.state.waiting).toBe(0);
});

test('a long walk goes in requests of a hundred', async () => {
  const box = await box_of('ann');
  for (let n = 0; n < 230; n++) await fix(box);
  await box.flush();
  expect(asked.map(({ body }) => body.fixes?.length)).toEqual([100, 100, 30]);
});

test('without a network everything stays, and goes when it is back', async () => {
  const box = await box_of('ann');
  reply = offline;
  await fix(box);
  await finish(box);
  await box.flush();
  expect(box.state.waiting).toBe(2);
  reply = ok;
  await box.flush();
  expect(box.state.waiting).toBe(0);
  expect(asked).toHaveLength(2);
});

test('entries outlive the page', async () => {
  reply = offline;
  const before = await box_of('ann');
  await fix(before);
  reply = ok;
  const after = await box_of('ann');
  expect(after.state.waiting).toBe(0);
  expect(asked).toHaveLength(1);
});

test('one intent is queued once, however often it is tapped', async () => {
  reply = offline;
  const box = await box_of('ann');
  const id = uuid7();
  await fix(box, id);
  await fix(box, id);
  expect(box.state.waiting).toBe(1);
});

test('another person neither sends nor loses what waits for the first', async () => {
  reply = offline;
  await fix(await box_of('ann'));
  reply = ok;
  const bob = await box_of('bob');
  expect(bob.state.waiting).toBe(0);
  expect(asked).toHaveLength(0);
  expect((await box_of('ann')).state.waiting).toBe(0);
  expect(asked).toHaveLength(1);
});

test('nothing can be queued in nobody’s name', async () => {
  await expect(fix(new Outbox())).rejects.toThrow('signed-in');
});

test('a refusal is kept to be seen, told, and does not hold up the rest', async () => {
  const box = await box_of('ann');
  const told: string[] = [];
  box.on_settled((entry, _, error) => void told.push(`${entry.operation} ${error?.code ?? 'ok'}`));
  reply = (url) => (url.endsWith('/finish') ? refuse('not-patrolling', 409) : ok());
  await finish(box);
  await fix(box);
  await box.flush();
  expect(box.state.waiting).toBe(0);
  expect(box.state.refused.map((entry) => entry.refused?.code)).toEqual(['not-patrolling']);
  expect(told).toEqual(['POST /api/patrols/{id}/finish not-patrolling', 'POST /api/patrols/{id}/fixes ok']);
  await box.dismiss(box.state.refused[0]!.id);
  expect(box.state.refused).toEqual([]);
});

test.each([
  ['the server is broken', 500, 'internal'],
  ['it is too much at once', 429, 'rate-limited'],
  ['the session is gone', 401, 'not-signed-in'],
])('entries stay when %s', async (_, status, code) => {
  const box = await box_of('ann');
  reply = () => refuse(code, status);
  await fix(box);
  await box.flush();
  expect(box.state.waiting).toBe(1);
  expect(box.state.refused).toEqual([]);
});

test('what is added while sending is sent before the flush resolves', async () => {
  const box = await box_of('ann');
  await fix(box);
  const sending = box.flush();
  await finish(box);
  await Promise.all([sending, box.flush()]);
  expect(box.state.waiting).toBe(0);
  expect(asked.at(-1)!.url).toBe(`/api/patrols/${P1}/finish`);
});

test('a walk that turned out to belong to the team’s patrol is sent there', async () => {
  reply = offline;
  const box = await box_of('ann');
  await fix(box);
  await finish(box);
  await box.move_group(P1, P2);
  reply = ok;
  await box.flush();
  expect(asked.map(({ url }) => url)).toEqual([`/api/patrols/${P2}/fixes`, `/api/patrols/${P2}/finish`]);
});

test('only fixes that follow each other are joined', () => {
  const entry = (operation: string, group: string | null): Waiting => ({
    user_name: 'Ann',
    id: uuid7(),
    user_id: 'ann',
    operation,
    sent: {},
    group,
    queued_at: '',
    refused: null,
  });
  const fixes = 'POST /api/patrols/{id}/fixes';
  expect(next_batch([])).toEqual([]);
  expect(next_batch([entry(fixes, 'a'), entry(fixes, 'b')])).toHaveLength(1);
  expect(next_batch([entry(fixes, 'a'), entry(fixes, 'a'), entry('x', 'a')])).toHaveLength(2);
  expect(next_batch([entry('POST /api/alerts/{id}/sightings', 'a'), entry('POST /api/alerts/{id}/sightings', 'a')])).toHaveLength(1);
});

test('what waits lies sealed in the database, under a key that cannot be taken out', async () => {
  reply = offline;
  const box = await box_of('ann');
  await fix(box);
  const db = await database();
  const [record] = await db.getAll('outbox');
  expect(record!.sent).toBeNull();
  expect(new TextDecoder().decode(record!.sealed!.bytes)).not.toContain('lon');
  const key = (await db.get('small', 'seal key')) as CryptoKey;
  expect(key.extractable).toBe(false);
  await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
  forget_key();
  expect((await box.entries())[0]!.sent.path).toEqual({ id: P1 });
});

test('a call for help is sent before positions that waited longer', async () => {
  reply = offline;
  const box = await box_of('ann');
  await fix(box);
  await box.add(P2, 'POST /api/sos', { body: { id: P2, at: '2026-06-05T12:00:00Z', silent: false, test: false } });
  asked = [];
  reply = ok;
  await box.flush();
  expect(asked.map(({ url }) => url)).toEqual(['/api/sos', `/api/patrols/${P1}/fixes`]);
});

test('another person is asked about what waits, and it goes only when they say so', async () => {
  reply = offline;
  const ann = new Outbox();
  await ann.use('ann', 'Ann');
  await fix(ann);
  await fix(ann);
  const bob = await box_of('bob');
  expect(bob.state.others).toEqual([{ user_id: 'ann', name: 'Ann', count: 2 }]);
  reply = ok;
  asked = [];
  await bob.flush();
  expect(asked).toEqual([]);
  await bob.discard('ann');
  expect(bob.state.others).toEqual([]);
  await ann.use('ann', 'Ann');
  expect(ann.state.waiting).toBe(0);
});

test('a joining waits while the leader’s own start is on its way', async () => {
  const box = await box_of('ann');
  reply = () => refuse('leader-not-walking', 409);
  await box.add(P2, 'POST /api/patrols/join', { body: { token: 'code', at: '2026-06-05T12:00:00Z' } });
  await box.flush();
  expect([box.state.waiting, box.state.refused.length]).toEqual([1, 0]);
});

test('what was answered lies here for a week, what a seat in hand needs for longer', async () => {
  for (const key of [`${P1} my patrols`, `${P1} patrol x`, `${P1} walk y`, `${P1} task z`]) await keep_answer(key, 1);
  const day_ms = 24 * 3600_000;
  await forget_old_answers(Date.now() + 6 * day_ms);
  expect(await kept_answer(`${P1} my patrols`)).toBeDefined();
  await forget_old_answers(Date.now() + 8 * day_ms);
  expect(await kept_answer(`${P1} my patrols`)).toBeUndefined();
  expect(await kept_answer(`${P1} patrol x`)).toBeUndefined();
  expect(await kept_answer(`${P1} walk y`)).toBeDefined();
  expect(await kept_answer(`${P1} task z`)).toBeDefined();
});
