/** An alert on a volunteer's phone: it goes at once when recalled, and a report is called sent only when it is. */
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { outbox } from '../src/api/outbox.svelte';
import { ProblemError } from '../src/api/problem';
import { session } from '../src/api/session.svelte';
import type { Alert, Me, Message } from '../src/api/types';
import { choose } from '../src/app/settings.svelte';
import { is_over, last_seen, moment_words, wording_text } from '../src/features/alerts/alert_words';
import AlertCard from '../src/features/alerts/AlertCard.svelte';
import { Report } from '../src/features/alerts/reporting.svelte';

// The map draws on a canvas that this environment does not have; browsers test it.
vi.mock('../src/map/engine', () => {
  throw new Error('no canvas here');
});

const heard = vi.hoisted(() => new Set<(message: Message) => void>());
vi.mock('../src/api/stream.svelte', async (original) => ({
  ...(await original<object>()),
  on_message: (hear: (message: Message) => void) => {
    heard.add(hear);
    return () => heard.delete(hear);
  },
}));
const say_to_all = (kind: string) =>
  heard.forEach((hear) => hear({ kind, ref: { kind: 'alert', id: 'a1' } } as unknown as Message));

const alert = {
  id: 'a1',
  area_id: 'area',
  area_name_zh: '石坊社区',
  area_name_en: 'Shifang',
  kind: 'missing_person',
  kind_title_zh: '寻人协查',
  kind_title_en: 'Missing person',
  state: 'live',
  headline_zh: '男，约 78 岁，走路慢',
  headline_en: '',
  clothing_zh: '深蓝棉衣，灰帽',
  behaviour_zh: '',
  direction_zh: '菜场方向',
  last_seen_at: new Date().toISOString(),
  last_seen_place: '滨湖公园南门',
  lon: 122.6,
  lat: 27.5,
  radius_m: 500,
  expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  contact_phone: '110',
  keep_away_zh: '只观察、报告，不靠近、不追赶。',
  keep_away_en: '',
  has_photo: true,
  distance_m: 420,
  updates: [],
  counts: null,
  version: 3,
} as unknown as Alert;

type Asked = { method: string; path: string; body: unknown };
let asked: Asked[] = [];
let answer: (asked: Asked) => Response;
let reported: object[] = [];

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' } });
const problem = (status: number, code: string) => json(status, { type: '', title: code, status, code, params: {} });

beforeEach(() => {
  asked = [];
  reported = [];
  answer = ({ path }) => (path.endsWith('/photo') ? new Response(new Blob(['photo'], { type: 'image/webp' })) : path.endsWith('/receipts') ? new Response(null, { status: 204 }) : json(200, alert));
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const request = { method: init.method ?? 'GET', path, body: init.body ? JSON.parse(String(init.body)) : null };
    if (path.startsWith('/api/me/sightings')) return json(200, reported);
    asked.push(request);
    return answer(request);
  });
  session.user = { id: 'u1', name: '王秀英', on_duty: true, roles: [] } as unknown as Me;
  session.status = 'ready';
});

afterEach(() => {
  cleanup();
  heard.clear();
  choose({ locale: 'zh-CN' });
});

const receipts = () => asked.filter((each) => each.path.endsWith('/receipts')).map((each) => (each.body as { kind: string }).kind);

test('the card shows its text first, the photo only after a tap, and tells that it was opened once', async () => {
  render(AlertCard, { id: 'a1' });
  expect(await screen.findByText(alert.headline_zh)).toBeTruthy();
  expect(screen.getByText(alert.keep_away_zh)).toBeTruthy();
  expect(asked.some((each) => each.path.endsWith('/photo'))).toBe(false);
  expect(receipts()).toEqual(['opened']);
  await fireEvent.click(screen.getByRole('button', { name: /点按查看照片/ }));
  expect((await screen.findByRole('img')).getAttribute('src')).toMatch(/^blob:/);
  say_to_all('alert.update');
  await waitFor(() => expect(asked.filter((each) => each.path === '/api/alerts/a1')).toHaveLength(2));
  expect(receipts()).toEqual(['opened']);
});

test('a recall takes text and photo off the screen at once and frees the photo', async () => {
  const freed = vi.spyOn(URL, 'revokeObjectURL');
  render(AlertCard, { id: 'a1' });
  await fireEvent.click(await screen.findByRole('button', { name: /点按查看照片/ }));
  const address = (await screen.findByRole('img')).getAttribute('src');
  say_to_all('alert.recall');
  expect(await screen.findByText('这条协查已撤回')).toBeTruthy();
  expect(screen.queryByText(alert.headline_zh)).toBeNull();
  expect(screen.queryByRole('img')).toBeNull();
  expect(freed).toHaveBeenCalledWith(address);
});

test('an alert opened after its recall shows only that, and confirms that nothing is left', async () => {
  answer = ({ path }) => (path.endsWith('/receipts') ? new Response(null, { status: 204 }) : problem(410, 'alert-withdrawn'));
  render(AlertCard, { id: 'a1' });
  expect(await screen.findByText('这条协查已撤回')).toBeTruthy();
  await waitFor(() => expect(receipts()).toEqual(['purged']));
});

test('an alert whose time is up goes by itself, recalled or not', async () => {
  answer = ({ path }) => (path.endsWith('/receipts') ? new Response(null, { status: 204 }) : json(200, { ...alert, expires_at: new Date(Date.now() - 1000).toISOString() }));
  render(AlertCard, { id: 'a1' });
  expect(await screen.findByText('这条协查已撤回')).toBeTruthy();
  expect(screen.queryByText(alert.headline_zh)).toBeNull();
});

test('one’s own reports say how far they have come, and not-for-me is told once', async () => {
  reported = [{ id: 's1', at: new Date().toISOString(), behaviour_zh: '坐在长椅上', received_at: '', state: 'read' }];
  render(AlertCard, { id: 'a1' });
  expect(await screen.findByText('民警已看到')).toBeTruthy();
  expect(screen.getByText('坐在长椅上')).toBeTruthy();
  await fireEvent.click(screen.getByRole('button', { name: '与我无关，不再提醒' }));
  await waitFor(() => expect(receipts()).toEqual(['opened', 'declined']));
});

test('an alert is never kept on the phone', async () => {
  const { kept_answer } = await import('../src/api/keep');
  render(AlertCard, { id: 'a1' });
  await screen.findByText(alert.headline_zh);
  expect(await kept_answer('u1 alert card a1')).toBeUndefined();
});

const sighting = (id: string) => ({ id, at: new Date().toISOString(), lon: 122.6, lat: 27.5, behaviour_zh: '坐着', certainty: 'likely' as const });

test('a report is sent when the server has it, and queued while there is no network', async () => {
  await outbox.use('u1');
  const report = new Report();
  const stop = report.follow();
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')));
  await report.send('a1', sighting('s1'), null);
  expect(report.state).toBe('queued');
  vi.stubGlobal('fetch', async () => json(201, { id: 's1' }));
  await outbox.flush();
  expect(report.state).toBe('sent');
  stop();
});

test('a report that the server refuses says so, and is not kept among what waits', async () => {
  await outbox.use('u1');
  const report = new Report();
  const stop = report.follow();
  vi.stubGlobal('fetch', async () => problem(410, 'alert-withdrawn'));
  await report.send('a1', sighting('s2'), null);
  expect([report.state, report.error?.code]).toEqual(['refused', 'alert-withdrawn']);
  await waitFor(() => expect(outbox.state.refused).toEqual([]));
  stop();
});

test('the sentence that must change is quoted at its field', () => {
  const error = new ProblemError({
    type: '',
    title: '',
    status: 422,
    code: 'invalid-fields',
    params: {},
    errors: [{ field: 'headline_zh', code: 'wording', message: 'x', value: '抓住他。' }],
  });
  expect(wording_text(error, 'headline_zh')).toContain('抓住他。');
  expect(wording_text(error, 'clothing_zh')).toBeUndefined();
});

test('an alert says where it was and where it went in both languages', () => {
  expect(last_seen(alert)).toContain('滨湖公园南门');
  expect(last_seen(alert)).toContain('可能往菜场方向');
  choose({ locale: 'en' });
  expect(last_seen(alert)).toContain('perhaps toward');
  expect(moment_words({ code: 'closed-found', params: { by_name: 'Lin' } })).toBe('Ended by Lin: found');
  expect(moment_words({ code: 'not-known-yet', params: {} })).toBe('not-known-yet');
  expect([is_over({ state: 'live' }), is_over({ state: 'purged' })]).toEqual([false, true]);
});
