/** Paths lead to their screens, and guards send people where they belong. */
import { expect, test } from 'vitest';
import type { Me, Role } from '../src/api/types';
import { admit, home_of, match, safe_next, type Route } from '../src/app/router.svelte';
import { routes } from '../src/routes';

const load = () => Promise.reject(new Error('not loaded here'));
const route = (path: string, who?: Route['who']): Route => ({ path, load, who });

function person(...roles: Role[]): Me {
  return {
    id: 'p',
    name: '王秀英',
    phone_masked: '199****01',
    locale: 'zh-CN',
    verified: true,
    adult: true,
    on_duty: true,
    home_area: null,
    team: null,
    roles: roles.map((role) => ({ id: null, role, area: null, merchant_id: null })),
    consents: { whereabouts: false, photos: false },
    reauthenticated_at: null,
    demo: false,
  };
}

test('a literal segment wins over a parameter, and parameters are decoded', () => {
  const all = [route('/tasks/:id'), route('/tasks/new'), route('/')];
  expect(match(all, '/tasks/new')?.route.path).toBe('/tasks/new');
  expect(match(all, '/tasks/a%20b')?.params).toEqual({ id: 'a b' });
  expect(match(all, '/tasks/a%zz')?.params).toEqual({ id: 'a%zz' });
  expect(match(all, '/')?.route.path).toBe('/');
  expect(match(all, '/tasks/1/2')).toBeNull();
});

test('nobody gets past a guard without signing in, and comes back to where they wanted', () => {
  expect(admit(route('/login', 'anyone'), null, '/login')).toEqual({ admit: true });
  expect(admit(route('/'), null, '/')).toEqual({ admit: false, to: '/login' });
  expect(admit(route('/tasks/:id'), null, '/tasks/7?x=1')).toEqual({ admit: false, to: '/login?next=%2Ftasks%2F7%3Fx%3D1' });
});

test('roles open what they cover and are sent home from the rest', () => {
  const desk = route('/desk', ['officer', 'poster']);
  expect(admit(desk, person('officer'), '/desk')).toEqual({ admit: true });
  expect(admit(desk, person('volunteer'), '/desk')).toEqual({ admit: false, to: '/' });
  expect(admit(desk, person('merchant'), '/desk')).toEqual({ admit: false, to: '/shop' });
});

test('everyone starts where their work is', () => {
  expect(home_of(person('volunteer'))).toBe('/');
  expect(home_of(person('officer', 'volunteer'))).toBe('/desk');
  expect(home_of(person('poster'))).toBe('/desk');
  expect(home_of(person('merchant'))).toBe('/shop');
  expect(home_of(person('merchant', 'leader'))).toBe('/');
  expect(home_of(person())).toBe('/shop');
});

test('after signing in, only the app’s own paths are followed', () => {
  expect(safe_next('/tasks/7')).toBe('/tasks/7');
  for (const bad of [null, '', 'https://evil.example', '//evil.example', '/\\evil.example', '/login?next=/']) {
    expect(safe_next(bad)).toBeNull();
  }
});

test('every screen has a path of its own, and the volunteer’s tabs lead somewhere', () => {
  const paths = routes.map((each) => each.path);
  expect(new Set(paths).size).toBe(paths.length);
  for (const tab of ['/', '/patrol', '/messages', '/me']) {
    expect(match(routes, tab)?.route.frame, tab).toBe('tabs');
  }
  for (const open of routes.filter((each) => each.who === 'anyone')) expect(['/login', '/join', '/shop/join', '/verify', '/verify/:code']).toContain(open.path);
});
