/** A plan says how far it is and, where there is none, which constraint was in the way. */
import { afterEach, expect, test } from 'vitest';
import { choose } from '../src/app/settings.svelte';
import { frame_around } from '../src/map/geo';
import { failure_words, plan_state, stage_words } from '../src/features/planning/plan_words';

afterEach(() => choose({ locale: 'zh-CN' }));

test('the planner’s own sentence is said in the person’s language', () => {
  const failure = { code: 'cut-off', params: { field: 'start', value: '122.6,27.5', zh: '出发点与热点之间没有可走的路。', en: 'No way leads there.' } };
  expect(failure_words(failure)).toBe('出发点与热点之间没有可走的路。');
  choose({ locale: 'en' });
  expect(failure_words(failure)).toBe('No way leads there.');
});

test('failures without a sentence of their own are said with their figures, never as a code', () => {
  expect(failure_words({ code: 'timed-out', params: { minutes: 60 } })).toContain('60');
  for (const code of ['internal', 'streets-missing', 'not-known-yet']) {
    expect(failure_words({ code, params: {} })).not.toContain(code);
    expect(failure_words({ code, params: {} }).length).toBeGreaterThan(8);
  }
});

test('each stage has its words, from the first moment to the last', () => {
  const said = [0, 0.25, 0.5, 1].map(stage_words);
  expect(new Set(said).size).toBe(4);
  expect(plan_state('ready')).toBe('待审核');
});

test('the map of a plan being solved moves only when something lies outside its frame', () => {
  const first = frame_around([], [[0, 0], [10, 10]]);
  expect(first).toEqual([[-0.8, -0.8], [10.8, 10.8]]);
  expect(frame_around(first, [[5, 5], [10.5, 3]])).toBe(first);
  const [corner, other] = frame_around(first, [[20, 5]]);
  expect([corner![0], other![0] > 20]).toEqual([expect.any(Number), true]);
  expect(frame_around(first, [])).toBe(first);
});
