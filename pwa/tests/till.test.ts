/** The till: eight digits redeem one voucher once, and what happened is said plainly. */
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { session } from '../src/api/session.svelte';
import type { Me } from '../src/api/types';
import { go } from '../src/app/router.svelte';
import Till from '../src/features/merchant/Till.svelte';

const redeemed = {
  voucher_id: 'v1',
  title_zh: '热豆浆一杯',
  title_en: 'A cup of hot soy milk',
  terms_zh: '早上 6 点到 9 点半',
  terms_en: '',
  cost: 8,
  code_end: '2779',
  redeemed_at: '2026-11-22T02:21:34Z',
};
const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' } });
const refusal = (status: number, code: string, params: object = {}) => json(status, { type: '', title: code, status, code, params });

let sent: { id: string; code: string; merchant_id: string; branch_id: string | null }[] = [];
let answer: () => Promise<Response>;

beforeEach(() => {
  sent = [];
  answer = async () => json(200, redeemed);
  vi.stubGlobal('fetch', (_path: string, init: RequestInit) => {
    sent.push(JSON.parse(String(init.body)));
    return answer();
  });
  session.user = { id: 'u1', roles: [{ id: null, role: 'merchant', area: null, merchant_id: 'm1' }] } as unknown as Me;
  go('/shop/redeem?with=code', { replace: true });
});
afterEach(cleanup);

const tap = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

async function type(code: string): Promise<void> {
  for (const digit of code) await tap(digit);
  await tap('核销');
}

test('eight digits redeem the voucher and name what to hand over', async () => {
  render(Till);
  await tap('4');
  expect(screen.getByRole('button', { name: '核销' }).hasAttribute('disabled')).toBe(true);
  await tap('清空');
  await type('45722779');
  expect(await screen.findByText('热豆浆一杯')).toBeTruthy();
  expect(screen.getByText('核销成功')).toBeTruthy();
  expect(sent).toEqual([{ id: sent[0]!.id, code: '45722779', merchant_id: 'm1', branch_id: null }]);
});

test('a keyboard types the digits as well', async () => {
  render(Till);
  for (const key of '457227799') await fireEvent.keyDown(window, { key });
  await fireEvent.keyDown(window, { key: 'Backspace' });
  await fireEvent.keyDown(window, { key: '8' });
  await fireEvent.keyDown(window, { key: 'Enter' });
  await screen.findByText('核销成功');
  expect(sent.map((each) => each.code)).toEqual(['45722778']);
});

test('a voucher used before is refused with when it was, and nothing is to be handed over', async () => {
  answer = async () => refusal(409, 'voucher-already-redeemed', { at: new Date().toISOString() });
  render(Till);
  await type('45722779');
  expect(await screen.findByText(/已经核销过了/)).toBeTruthy();
  expect(screen.getByText('没有核销')).toBeTruthy();
  expect(screen.queryByText('热豆浆一杯')).toBeNull();
});

test('a lost answer is tried again as the same redemption; the next customer is another', async () => {
  answer = () => Promise.reject(new TypeError('offline'));
  render(Till);
  await type('45722779');
  expect(await screen.findByText(/请先不要给出商品/)).toBeTruthy();
  answer = async () => json(200, redeemed);
  await tap('再试一次');
  await screen.findByText('核销成功');
  await tap('下一位');
  await type('11112222');
  await waitFor(() => expect(sent).toHaveLength(3));
  expect(sent[1]!.id).toBe(sent[0]!.id);
  expect(sent[2]!.id).not.toBe(sent[0]!.id);
});

test.each([
  ['voucher-other-merchant', { shop_zh: '文庙茶馆', shop_en: 'Tea', address_zh: '文庙旁', address_en: 'By it' }, /“文庙茶馆”的.*券没有动.*文庙旁/],
  ['voucher-unknown', {}, /核对 8 位数字.*是不是本店/],
  ['voucher-not-usable', { state: 'expired', at: '2026-11-01T02:00:00Z' }, /过期了，积分已退回顾客/],
  ['voucher-not-usable', { state: 'refunded', at: '2026-11-01T02:00:00Z' }, /已退回，积分在顾客那里/],
  ['qr-expired', { age_s: 300 }, /可能是截图.*新的二维码/],
  ['branch-closed', {}, /选现在所在的门店/],
])('%s says what to do', async (code, params, said) => {
  answer = async () => refusal(409, code, params);
  render(Till);
  await type('45722779');
  expect(await screen.findByText(said)).toBeTruthy();
  expect(screen.getByText('没有核销')).toBeTruthy();
});

test.each([
  ['NotAllowedError', /没有相机权限/, true],
  ['NotReadableError', /被别的应用占用/, true],
  ['NotFoundError', /没有找到相机/, false],
])('a camera that fails with %s is told apart', async (name, said, again) => {
  const getUserMedia = () => Promise.reject(new DOMException('', name));
  Object.defineProperty(navigator, 'mediaDevices', { configurable: true, value: { getUserMedia } });
  Object.defineProperty(navigator, 'permissions', { configurable: true, value: { query: async () => ({ state: 'prompt' }) } });
  go('/shop/redeem', { replace: true });
  render(Till);
  expect(await screen.findByText(said)).toBeTruthy();
  expect(screen.queryByRole('button', { name: '再试相机' }) !== null).toBe(again);
  expect(screen.getByRole('button', { name: '改用 8 位数字' })).toBeTruthy();
});
