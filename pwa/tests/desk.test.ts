/** The desk: clock times in the area's zone, moving teams, what waits, and patrols that deserve a second look. */
import { expect, test, vi } from 'vitest';
import type { LivePatrol, LivePosition, Task } from '../src/api/types';
import { Action } from '../src/features/desk/action.svelte';
import { Colours } from '../src/features/desk/colours';
import { todo_words } from '../src/features/desk/kinds';
import { placed, Positions } from '../src/features/desk/live.svelte';
import { named_places } from '../src/features/desk/places';
import { doubts } from '../src/features/desk/review_words';
import { at_clock, coming, from_wall, is_night, next_five_minutes, to_wall } from '../src/features/desk/wall_clock';
import { task_windows } from '../src/features/desk/windows';

const SHANGHAI = 'Asia/Shanghai';
const NEW_YORK = 'America/New_York';
const at = (text: string) => Date.parse(text);

test('forms show and take clock times of the area, wherever the computer is', () => {
  expect(to_wall(at('2026-06-05T12:00:00Z'), SHANGHAI)).toBe('2026-06-05T20:00');
  expect(from_wall('2026-06-05T20:00', SHANGHAI)).toBe(at('2026-06-05T12:00:00Z'));
  expect(from_wall('2026-06-05T20:00', NEW_YORK)).toBe(at('2026-06-06T00:00:00Z'));
  expect(from_wall('', SHANGHAI)).toBeNaN();
});

test('clock times on both sides of a change to summer time are right', () => {
  for (const wall of ['2026-03-08T01:30', '2026-03-08T03:30', '2026-11-01T00:30', '2026-11-01T03:30']) {
    expect(to_wall(from_wall(wall, NEW_YORK), NEW_YORK)).toBe(wall);
  }
});

test('this evening is today’s until it is too near, then tomorrow’s', () => {
  const morning = at('2026-06-05T09:52:10+08:00');
  expect(coming(morning, '20:00', SHANGHAI)).toBe(at('2026-06-05T20:00+08:00'));
  expect(coming(at('2026-06-05T19:30+08:00'), '20:00', SHANGHAI)).toBe(at('2026-06-06T20:00+08:00'));
  expect(coming(at('2026-06-05T19:30+08:00'), '20:00', SHANGHAI, 0)).toBe(at('2026-06-05T20:00+08:00'));
  expect(at_clock(at('2026-06-05T23:50+08:00'), 1, '07:10', SHANGHAI)).toBe(at('2026-06-06T07:10+08:00'));
  expect(next_five_minutes(morning)).toBe(at('2026-06-05T09:55+08:00'));
  expect(next_five_minutes(at('2026-06-05T09:54:30+08:00'))).toBe(at('2026-06-05T10:00+08:00'));
});

test('every quick window lies ahead, is as long as asked, and has its own name', () => {
  const now = at('2026-06-05T21:40+08:00');
  const windows = task_windows(now, 50, SHANGHAI);
  expect(new Set(windows.map((each) => each.key)).size).toBe(windows.length);
  for (const { from_ms, to_ms } of windows) {
    expect(from_ms).toBeGreaterThan(now);
    expect(to_ms - from_ms).toBe(50 * 60_000);
  }
});

test('the desk is dark by the area’s night, not the computer’s', () => {
  expect(is_night(at('2026-06-05T20:00+08:00'), SHANGHAI)).toBe(true);
  expect(is_night(at('2026-06-05T20:00+08:00'), NEW_YORK)).toBe(false);
  expect(is_night(at('2026-06-05T05:59+08:00'), SHANGHAI)).toBe(true);
});

const patrol = (position: LivePatrol['position']): LivePatrol =>
  ({ patrol_id: 'p1', task_title_zh: '石坊老街', task_title_en: '', people: 2, position, stops_total: 3, trail: [], route: null }) as unknown as LivePatrol;
const position = (at_text: string, lon: number): LivePosition => ({ patrol_id: 'p1', lon, lat: 27.5, at: at_text });

test('a team is drawn where it was last heard of, and its age is honest', async () => {
  const positions = new Positions();
  const listed = { lon: 122.6, lat: 27.5, at: '2026-06-05T12:00:00+00:00', accuracy_m: 8 };
  const now = at('2026-06-05T12:00:30Z');
  expect(placed([patrol(listed)], positions, now)[0]).toMatchObject({ lon: 122.6, age_ms: 30_000, stale: false });
  positions.take(position('2026-06-05T20:00:20+08:00', 122.61));
  await new Promise(requestAnimationFrame);
  expect(placed([patrol(listed)], positions, now)[0]).toMatchObject({ lon: 122.61, age_ms: 10_000 });
  expect(placed([patrol(listed)], positions, at('2026-06-05T12:04:00Z'))[0]).toMatchObject({ stale: true });
  expect(placed([patrol(null)], new Positions(), now)[0]).toMatchObject({ lon: null, age_ms: null, stale: true });
});

test('a position that arrives late does not move a team back', async () => {
  const positions = new Positions();
  positions.take(position('2026-06-05T12:00:20Z', 122.61));
  positions.take(position('2026-06-05T20:00:10+08:00', 122.6));
  await new Promise(requestAnimationFrame);
  expect(positions.of('p1')?.lon).toBe(122.61);
});

test('many positions between two frames redraw once', async () => {
  const frames = vi.spyOn(globalThis, 'requestAnimationFrame');
  const positions = new Positions();
  for (let second = 0; second < 50; second++) positions.take(position(new Date(second * 1000).toISOString(), 122));
  expect(frames).toHaveBeenCalledTimes(1);
});

test('a team keeps its colour while others come and go', () => {
  const colours = new Colours();
  expect([...colours.of(['a', 'b', 'c'])]).toEqual([['a', 0], ['b', 1], ['c', 2]]);
  const later = colours.of(['d', 'b', 'c']);
  expect([later.get('b'), later.get('c'), later.get('d')]).toEqual([1, 2, 0]);
});

test('what waits is said with its figure and leads to where it is dealt with', () => {
  const todo = (code: string, params: Record<string, unknown> = {}) => todo_words({ kind: 'x', id: '7', code, params, at: new Date().toISOString() });
  expect(todo('patrols-to-review', { count: 4 })).toMatchObject({ href: '/desk/review' });
  expect(todo('patrols-to-review', { count: 4 }).text).toContain('4');
  expect(todo('alerts-live', { count: 1 })).toMatchObject({ href: '/desk/alerts', tone: 'alert' });
  expect(todo('task-short', { title_zh: '柳河步道', title_en: '' })).toMatchObject({ href: '/desk/tasks/7' });
  expect(todo('task-short', { title_zh: '柳河步道', title_en: '' }).text).toContain('柳河步道');
  expect(todo('something-new').text).not.toContain('something-new');
});

test('a walk without a track, time or stops asks for a second look; a fixed post without a track does not', () => {
  const walk = { kind: 'patrol', length_m: 1900, minutes: 62, stops_dwelt: 3, stops_total: 3 };
  expect(doubts(walk)).toEqual([]);
  expect(doubts({ ...walk, length_m: 12, minutes: 1, stops_dwelt: 0 })).toHaveLength(3);
  expect(doubts({ ...walk, kind: 'fixed_post', length_m: 0, stops_total: 0, stops_dwelt: 0 })).toEqual([]);
});

test('places used before are offered once, before the communities', () => {
  const task = (name: string) => ({ area_id: 'a', place: { name, lon: 1, lat: 2 } }) as Task;
  const community = { id: 'c', name_zh: '石坊社区', name_en: 'Shifang', center: [3, 4] } as never;
  const names = named_places([task('菜场北口'), task('活动室'), task('菜场北口')], [community]).map((each) => each.name);
  expect(names).toEqual(['菜场北口', '活动室', '石坊社区']);
});

test('a move runs once however often it is tapped, and keeps why it was refused', async () => {
  const action = new Action();
  const work = vi.fn(() => Promise.reject(new Error('no')));
  const both = await Promise.all([action.run('save', work), action.run('save', work)]);
  expect(both).toEqual([undefined, undefined]);
  expect(work).toHaveBeenCalledTimes(1);
  expect([action.busy, (action.error as Error).message]).toEqual([null, 'no']);
  expect(await action.run('save', () => Promise.resolve(7))).toBe(7);
  expect(action.error).toBeNull();
});
