/** The live stream waits longer after each failure and resumes where it was. */
import { expect, test } from 'vitest';
import { next_wait_ms, stream_address } from '../src/api/stream.svelte';
import { icon_of, screen_of } from '../src/features/notify/kinds';

test('waiting doubles up to a minute, and spreads', () => {
  expect(next_wait_ms(1_000, 0.5)).toBe(2_000);
  expect(next_wait_ms(60_000, 0.5)).toBe(60_000);
  expect(next_wait_ms(60_000, 1)).toBe(75_000);
  expect(next_wait_ms(1_000, 0)).toBe(1_500);
});

test('the stream is asked for what came after the last message', () => {
  expect(stream_address(0, null)).toBe('/api/stream');
  expect(stream_address(41, 'area-1')).toBe('/api/stream?after=41&desk=area-1');
});

const message = (kind: string, ref_kind: string, recalled = false) => ({ kind, ref: { kind: ref_kind, id: '7' }, recalled });

test('a message opens its thing; a withdrawn alert opens nothing', () => {
  expect(screen_of(message('task.published', 'task'))).toBe('/tasks/7');
  expect(screen_of(message('task.published', 'area'))).toBe('/');
  expect(screen_of(message('alert.live', 'alert'))).toBe('/alerts/7');
  expect(screen_of(message('alert.live', 'alert', true))).toBeUndefined();
  expect(screen_of(message('alert.recall', 'alert'))).toBeUndefined();
  expect(screen_of(message('points.credited', 'patrol'))).toBe('/me/points');
  expect(icon_of('alert.live')).toBe('alert');
  expect(icon_of('something.new')).toBe('messages');
});
