/** The statement of points: rows say what they are, and pages join without a gap or a double. */
import { expect, test } from 'vitest';
import type { PointsItem } from '../src/api/types';
import { choose } from '../src/app/settings.svelte';
import { joined, row_title } from '../src/features/rewards/statement';

const row = (seq: number, more: Partial<PointsItem> = {}): PointsItem => ({
  id: `row ${seq}`,
  seq,
  at: '2026-11-22T02:21:34Z',
  amount: 10,
  balance_after: 10,
  code: 'patrol_credit',
  title_zh: '',
  title_en: '',
  lines: [],
  reference_id: null,
  reason: null,
  ...more,
});

test('a row is called by its own words, else by what happened, never by a code', () => {
  choose({ locale: 'zh-CN' });
  expect(row_title(row(1, { title_zh: '石坊夜巡' }))).toBe('石坊夜巡');
  expect(row_title(row(1, { code: 'voucher_expired', title_zh: '热豆浆一杯' }))).toBe('券过期，积分退回 · 热豆浆一杯');
  expect(row_title(row(1, { code: 'points_expired', amount: -3 }))).toBe('积分到期');
  expect(row_title(row(1, { code: 'from_the_future' }))).toBe('谢意');
  expect(row_title(row(1, { code: 'from_the_future', amount: -1 }))).toBe('兑换');
});

test('a new row on top of loaded pages pushes none out between them', () => {
  const first = [row(5), row(4)];
  const loaded = joined(first, [row(3), row(2)]);
  const renewed = [row(6), row(5)];
  expect(joined(renewed, loaded).map((each) => each.seq)).toEqual([6, 5, 4, 3, 2]);
});
