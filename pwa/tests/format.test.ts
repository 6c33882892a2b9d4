/** Numbers, distances and times read as people say them. */
import { beforeEach, expect, test } from 'vitest';
import { choose } from '../src/app/settings.svelte';
import * as format from '../src/i18n/format';

const NOW = Date.parse('2026-06-05T20:43:00+08:00');

beforeEach(() => format.use_time_zone('Asia/Shanghai'));

test.each([
  [0, '0 m'],
  [47.4, '47 m'],
  [353, '350 m'],
  [996, '1.0 km'],
  [1940, '1.9 km'],
  [12_340, '12 km'],
])('%d metres are said as %s', (length_m, said) => {
  expect(format.distance(length_m)).toBe(said);
});

test('lengths of time are whole minutes, at least one unless nothing', () => {
  expect(format.duration(0)).toBe('0 分钟');
  expect(format.duration(20)).toBe('1 分钟');
  expect(format.duration(28 * 60)).toBe('28 分钟');
  expect(format.duration(90 * 60)).toBe('1 小时 30 分');
  expect(format.duration(120 * 60)).toBe('2 小时');
  choose({ locale: 'en' });
  expect(format.duration(90 * 60)).toBe('1 h 30 min');
});

test('a stopwatch shows hours only when there are some', () => {
  expect(format.stopwatch(432)).toBe('7:12');
  expect(format.stopwatch(4_032)).toBe('1:07:12');
  expect(format.stopwatch(-5)).toBe('0:00');
});

test('clock times are those of the area, wherever the phone thinks it is', () => {
  expect(format.clock('2026-06-05T12:43:00Z')).toBe('20:43');
  format.use_time_zone('Asia/Urumqi');
  expect(format.clock('2026-06-05T12:43:00Z')).toBe('18:43');
  format.use_time_zone('Asia/Shanghai');
  expect(format.clock('2026-06-05T00:00:00+08:00')).toBe('00:00');
});

test('moments under an hour away are relative, others a clock time with their day', () => {
  expect(format.relative(NOW - 10_000, NOW)).toBe('刚刚');
  expect(format.relative(NOW - 4 * 60_000, NOW)).toBe('4 分钟前');
  expect(format.relative(NOW + 8 * 60_000, NOW)).toBe('8 分钟后');
  expect(format.relative('2026-06-05T18:20:00+08:00', NOW)).toBe('18:20');
  expect(format.relative('2026-06-04T23:50:00+08:00', NOW)).toBe('昨天 23:50');
  choose({ locale: 'en' });
  expect(format.relative(NOW - 4 * 60_000, NOW)).toBe('4 min ago');
});

test('a day is named against the area’s midnight, not by hours passed', () => {
  const just_after_midnight = Date.parse('2026-06-06T00:10:00+08:00');
  expect(format.moment('2026-06-05T23:50:00+08:00', just_after_midnight)).toBe('昨天 23:50');
  expect(format.span('2026-06-06T07:10:00+08:00', '2026-06-06T08:00:00+08:00', NOW)).toBe('明天 07:10–08:00');
  expect(format.moment('2026-05-20T20:00:00+08:00', NOW)).toBe('5月20日 20:00');
  choose({ locale: 'en' });
  expect(format.moment('2026-05-20T20:00:00+08:00', NOW)).toBe('20 May 20:00');
});

test('points carry their sign, codes are grouped', () => {
  expect(format.signed(18)).toBe('+18');
  expect(format.signed(-30)).toBe('−30');
  expect(format.code_groups('12345678')).toBe('1234 5678');
});
