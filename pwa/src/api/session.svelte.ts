/** Who is signed in on this phone, what they may do, and the few moves that change it. */
import { choose, settings } from '../app/settings.svelte';
import { call, csrf_token, on_signed_out } from './client';
import { forget_answers_of, keep_small, kept_small } from './keep';
import { outbox } from './outbox.svelte';
import { OfflineError, ProblemError } from './problem';
import { DESK_ROLES, holds } from './roles';
import type { ConsentKind, Locale, Me, Role, Session } from './types';

interface State {
  /** `starting` until the first answer (or the kept one) is here. */
  status: 'starting' | 'ready';
  user: Me | null;
  demo: boolean;
  version: string;
  /** The version of each consent's text that the server asks agreement to. */
  consent_versions: Record<string, number>;
  /** Set when the first answer could not be had and nothing was kept. */
  error: unknown;
}

export const session = $state<State>({
  status: 'starting',
  user: null,
  demo: false,
  version: '',
  consent_versions: {},
  error: null,
});

/** Asks the server who is here; without a network, the person who was here last. */
export async function start_session(): Promise<void> {
  session.error = null;
  try {
    const answer = await call('GET /api/session');
    await become(answer.user, answer);
  } catch (error) {
    const kept = await kept_small<Session>('session');
    if (kept) await become(kept.user, kept);
    else session.error = error;
  }
  session.status = 'ready';
}

/** Asks again who is here (a role was granted, a consent changed on another device); silent without a network. */
export async function refresh_session(): Promise<void> {
  try {
    const answer = await call('GET /api/session');
    await become(answer.user, answer);
  } catch (error) {
    if (!(error instanceof OfflineError)) throw error;
  }
}

/** Takes a person as signed in: after signing in, joining, or any answer that carries the newest Me. */
export async function become(user: Me | null, about: Partial<Omit<Session, 'user'>> = {}): Promise<void> {
  const changed = session.user?.id !== user?.id;
  if (about.demo !== undefined) session.demo = about.demo;
  if (about.version !== undefined) session.version = about.version;
  if (about.consent_versions !== undefined) session.consent_versions = about.consent_versions;
  // Before any screen learns who is here: a patrol that resumes queues positions at once.
  if (changed) await outbox.use(user?.id ?? null, user?.name);
  session.user = user;
  const { demo, version, consent_versions } = $state.snapshot(session);
  await keep_small('session', user && { user, demo, version, consent_versions });
  // The worker has no document, hence no cookies: it echoes this token when it confirms an alert.
  await keep_small('csrf', csrf_token() || null);
}

export async function sign_in(phone: string, password: string, totp?: string): Promise<void> {
  await enter(await call('POST /api/session', { body: { phone, password, totp, device_name: device_name() } }));
}

export async function sign_in_demo(key: string): Promise<void> {
  await enter(await call('POST /api/demo/login', { body: { key } }));
}

export async function join(person: {
  phone: string;
  name: string;
  password: string;
  birth_year: number;
  invite_code: string;
}): Promise<void> {
  await enter(await call('POST /api/people', { body: { ...person, locale: settings.locale, device_name: device_name() } }));
}

async function enter(user: Me): Promise<void> {
  await become(user);
  session.status = 'ready';
}

/**
 * Signs this device out. Its push subscription goes with it; what waits to be sent stays for this person's return.
 * @throws OfflineError when the server could not be told: the person is still signed in, and the screen says so.
 */
export async function sign_out(): Promise<void> {
  const leaving = session.user;
  const { drop_push } = await import('./push');
  await drop_push();
  try {
    await call('DELETE /api/session');
  } catch (error) {
    // Already signed out elsewhere is what was wanted.
    if (!(error instanceof ProblemError && error.status === 401)) throw error;
  }
  await gone();
  if (leaving) await forget_answers_of(leaving.id);
}

async function gone(): Promise<void> {
  await become(null);
}

on_signed_out(() => {
  if (session.user) void gone();
});

export async function set_duty(on_duty: boolean): Promise<void> {
  await become(await call('PUT /api/me/duty', { body: { on_duty } }));
}

export async function set_consent(kind: ConsentKind, granted: boolean): Promise<void> {
  await become(
    await call('PUT /api/me/consents/{kind}', {
      path: { kind },
      body: { granted, version: session.consent_versions[kind] ?? 1 },
    }),
  );
}

/** Changes the language here at once, and for messages the server sends as soon as it can be told. */
export async function set_locale(locale: Locale): Promise<void> {
  choose({ locale });
  if (!session.user) return;
  try {
    await become(await call('PATCH /api/me', { body: { locale } }));
  } catch (error) {
    if (!(error instanceof OfflineError)) throw error;
  }
}

/** Whether the person holds one of these roles anywhere. The server decides; this only chooses what to show. */
export function has_role(...roles: Role[]): boolean {
  return holds(session.user, roles);
}

export { DESK_ROLES };

/** A name for this device that its owner will recognise in the list: 手机 Chrome, 电脑 Firefox. */
export function device_name(agent: string = navigator.userAgent): string {
  const english = settings.locale === 'en';
  const phone = /Mobile|Android|iPhone|iPad/.test(agent);
  const kind = phone ? (english ? 'Phone' : '手机') : english ? 'Computer' : '电脑';
  const browsers: [RegExp, string][] = [
    [/MicroMessenger/, 'WeChat'],
    [/Edg\//, 'Edge'],
    [/Firefox|FxiOS/, 'Firefox'],
    [/Chrome|CriOS/, 'Chrome'],
    [/Safari/, 'Safari'],
  ];
  const browser = browsers.find(([pattern]) => pattern.test(agent))?.[1] ?? '';
  return `${kind} ${browser}`.trim();
}
