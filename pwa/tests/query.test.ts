/** Reads keep their last answer on the phone and say when it is from. */
import { afterEach, expect, test, vi } from 'vitest';
import { forget_answers_of, forget_thing, keep_answer, kept_answer } from '../src/api/keep';
import { OfflineError, ProblemError } from '../src/api/problem';
import { Query } from '../src/api/query.svelte';

afterEach(() => vi.unstubAllGlobals());

const refused = new ProblemError({ type: '', title: '', status: 403, code: 'not-allowed', params: {} });

test('an answer is shown and kept; without a network the kept one is shown as old', async () => {
  const online = new Query(async () => ['a'], true);
  await online.ask('tasks');
  expect([online.data, online.stale, online.loading]).toEqual([['a'], false, false]);
  const offline = new Query<string[]>(() => Promise.reject(new OfflineError()), true);
  await offline.ask('tasks');
  expect([offline.data, offline.stale, offline.error]).toEqual([['a'], true, null]);
  expect(offline.as_of_ms).toBeLessThanOrEqual(Date.now());
});

test('without a kept answer the lack of a network is an error, and nothing else is pretended', async () => {
  const offline = new Query<string[]>(() => Promise.reject(new OfflineError()), true);
  await offline.ask('never seen');
  expect(offline.data).toBeUndefined();
  expect(offline.error).toBeInstanceOf(OfflineError);
});

test('a refusal is never answered from what was kept', async () => {
  await new Query(async () => ['a'], true).ask('tasks');
  const query = new Query<string[]>(() => Promise.reject(refused), true);
  await query.ask('tasks');
  expect(query.data).toBeUndefined();
  expect(query.error).toBe(refused);
});

test('answers that must not be kept are not', async () => {
  await new Query(async () => ['secret'], false).ask('alert 7');
  expect(await kept_answer('- alert 7')).toBeUndefined();
});

test('a late answer to a former question is dropped', async () => {
  const answers: Record<string, (value: string) => void> = {};
  let key = 'one';
  const query = new Query<string>(() => new Promise((resolve) => (answers[key] = resolve)), false);
  const first = query.ask('one');
  key = 'two';
  const second = query.ask('two');
  answers['two']!('second');
  answers['one']!('first');
  await Promise.all([first, second]);
  expect(query.data).toBe('second');
});

test('a recalled alert is forgotten with everything that names it', async () => {
  await new Query(async () => 'x', true).ask('sightings 0198-7');
  await new Query(async () => ({ items: [{ ref: { kind: 'alert', id: '0198-7' } }] }), true).ask('messages');
  await new Query(async () => 'y', true).ask('tasks');
  await forget_thing('0198-7');
  expect(await kept_answer('- sightings 0198-7')).toBeUndefined();
  expect(await kept_answer('- messages')).toBeUndefined();
  expect(await kept_answer('- tasks')).toBeDefined();
});

test('signing out forgets one person’s answers and nobody else’s', async () => {
  await keep_answer('ann tasks', 1);
  await keep_answer('bob tasks', 2);
  await forget_answers_of('ann');
  expect(await kept_answer('ann tasks')).toBeUndefined();
  expect(await kept_answer('bob tasks')).toBeDefined();
});

test('a task never opened is shown from the list it was seen in', async () => {
  const { kept_task } = await import('../src/features/tasks/kept_task');
  await new Query(async () => ({ items: [{ id: 't1', title_zh: '石坊老街' }], next: null }), true).ask('tasks a1 ');
  const brief = new Query<{ title_zh: string }>(() => Promise.reject(new OfflineError()), true, () => kept_task('t1'));
  await brief.ask('task t1');
  expect([brief.data?.title_zh, brief.stale]).toEqual(['石坊老街', true]);
  const other = new Query<unknown>(() => Promise.reject(new OfflineError()), true, () => kept_task('t2'));
  await other.ask('task t2');
  expect(other.error).toBeInstanceOf(OfflineError);
});
