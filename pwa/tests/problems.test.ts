/** Whatever goes wrong is said kindly, in both languages, with a reference where there is no better word. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OfflineError, ProblemError, problem_of } from '../src/api/problem';
import { choose } from '../src/app/settings.svelte';
import { use_time_zone } from '../src/i18n/format';
import { field_text, has_words, known_codes, problem_text } from '../src/i18n/problems';

const ROOT = join(__dirname, '..', '..');
/** Codes that no person meets: they answer programs, or never leave the server. */
const FOR_PROGRAMS = new Set([
  'points-error',
  'invalid-points',
  'transfer-conflict',
  'transfer-not-found',
  'transfer-already-reversed',
  'transfer-not-reversible',
  'points-account-not-found',
  'pending-already-resolved',
  'pending-timed-out',
  'upload-protocol',
]);

function python_files(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf-8' })
    .filter((name) => name.endsWith('.py'))
    .map((name) => join(ROOT, folder, name));
}

test('every problem the server can raise has a sentence of its own', () => {
  const codes = new Set<string>();
  for (const file of [...python_files('backend'), ...python_files('points')]) {
    const source = readFileSync(file, 'utf-8');
    for (const [, code] of source.matchAll(/^ {4}(?:status, )?code(?:: \w+(?:\[\w+\])?)?(?:, title)? = (?:\d+, )?"([a-z-]+)"/gm)) codes.add(code!);
    for (const [, code] of source.matchAll(/Problem\.of\(\s*"([a-z-]+)"/g)) codes.add(code!);
  }
  expect(codes.size).toBeGreaterThan(30);
  const unsaid = [...codes].filter((code) => !has_words(code) && !FOR_PROGRAMS.has(code));
  expect(unsaid).toEqual([]);
});

const problem = (code: string, params: Record<string, unknown> = {}, errors?: { field: string; code: string }[]) =>
  new ProblemError({ type: 'about:blank', title: '', status: 409, code, params, instance: 'abc-1', errors });

test('every sentence differs between the languages and leaves no bare placeholder', () => {
  for (const code of known_codes) {
    choose({ locale: 'zh-CN' });
    const zh = problem_text(problem(code));
    choose({ locale: 'en' });
    const en = problem_text(problem(code));
    expect(zh, code).not.toBe(en);
    expect(zh + en, code).not.toMatch(/[{}]/);
  }
});

test('figures and moments in the problem reach the sentence', () => {
  use_time_zone('Asia/Shanghai');
  expect(problem_text(problem('not-enough-points', { needed: 30, balance: 12 }))).toBe('积分不够：需要 30 分，现有 12 分。');
  const opens_at = new Date(Date.now() + 60_000);
  const clock = opens_at.toLocaleTimeString('zh-CN', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit' });
  expect(problem_text(problem('too-early', { opens_at: opens_at.toISOString() }))).toContain(clock);
});

test('an unknown code gets the general sentence and the reference to quote', () => {
  expect(problem_text(problem('something-new'))).toContain('abc-1');
  expect(problem_text(new TypeError('x'))).toBe('没有成功，请稍后再试。');
});

test('no network is never said to be a refusal', () => {
  expect(problem_text(new OfflineError())).toContain('没有发出');
});

test('a field’s error is found by its name, also inside a list', () => {
  const error = problem('invalid-fields', {}, [{ field: 'stops.2.name', code: 'too-long' }]);
  expect(field_text(error, 'name')).toBe('太长了');
  expect(field_text(error, 'seats')).toBeUndefined();
  expect(problem_text(error)).toContain('太长了');
});

test('an answer that is no problem document still becomes a typed problem', async () => {
  const page = new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'x-request-id': 'r-9' } });
  const found = await problem_of(page);
  expect(found).toMatchObject({ status: 502, code: 'server-error', request_id: 'r-9', passing: true });
});
