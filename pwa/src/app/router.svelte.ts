/** Which screen is shown: paths to lazily loaded components, guards by role, and the back button as people expect it. */
import { tick, untrack, type Component } from 'svelte';
import { DESK_ROLES, holds } from '../api/roles';
import type { Me, Role } from '../api/types';

export type Tab = 'tasks' | 'patrol' | 'messages' | 'me';

export interface Route {
  /** `/tasks/:id`; a parameter matches one segment. */
  path: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  load: () => Promise<{ default: Component<any> }>;
  /** Who may open it; signed-in people unless said otherwise. The server decides again, for every request. */
  who?: 'anyone' | 'signed_in' | Role[];
  /** `tabs` draws the bottom bar, `plain` nothing, `wide` leaves the whole window to the screen (the desk). */
  frame?: 'tabs' | 'plain' | 'wide';
  tab?: Tab;
}

export interface Match {
  route: Route;
  params: Record<string, string>;
}

/** The route that a path means, and its parameters; literal segments win over parameters. */
export function match(routes: readonly Route[], path: string): Match | null {
  const wanted = segments(path);
  let best: (Match & { literals: number }) | null = null;
  for (const route of routes) {
    const pattern = segments(route.path);
    if (pattern.length !== wanted.length) continue;
    const params: Record<string, string> = {};
    let literals = 0;
    const fits = pattern.every((part, at) => {
      if (part.startsWith(':')) {
        params[part.slice(1)] = wanted[at]!;
        return true;
      }
      literals++;
      return part === wanted[at];
    });
    if (fits && (!best || literals > best.literals)) best = { route, params, literals };
  }
  return best && { route: best.route, params: best.params };
}

function segments(path: string): string[] {
  return path.split('/').filter(Boolean).map(decoded);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export type Admission = { admit: true } | { admit: false; to: string };

/** Whether a person may open a route, else where to send them: to sign in (and back), or to their own first screen. */
export function admit(route: Route, user: Me | null, path: string): Admission {
  const who = route.who ?? 'signed_in';
  if (who === 'anyone') return { admit: true };
  if (!user) return { admit: false, to: path === '/' ? '/login' : `/login?next=${encodeURIComponent(path)}` };
  if (who === 'signed_in' || holds(user, who)) return { admit: true };
  return { admit: false, to: home_of(user) };
}

/** Where a person starts: the desk for police and community, the shop for merchants and who asks to be one, else tasks. */
export function home_of(user: Me): string {
  if (holds(user, DESK_ROLES)) return '/desk';
  if (user.roles.length === 0) return '/shop';
  if (holds(user, ['merchant']) && !holds(user, ['volunteer', 'leader'])) return '/shop';
  return '/';
}

/** Only a path of this app may be gone to after signing in. */
export function safe_next(next: string | null): string | null {
  return next && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : null;
}

interface Place {
  path: string;
  query: URLSearchParams;
  /** Grows with each move inside the app, so that "back" knows whether there is something to go back to. */
  depth: number;
}

function here(): Place {
  const state = history.state as { depth?: number } | null;
  return { path: location.pathname, query: new URLSearchParams(location.search), depth: state?.depth ?? 0 };
}

export const place = $state<{ now: Place }>({
  now: typeof location === 'undefined' ? { path: '/', query: new URLSearchParams(), depth: 0 } : here(),
});

const scrolled = new Map<string, number>();

/** Goes to a path of the app. */
export function go(to: string, { replace = false }: { replace?: boolean } = {}): void {
  scrolled.set(location.pathname, window.scrollY);
  // Effects go places too; they must not come to depend on where they were.
  const depth = untrack(() => place.now.depth) + (replace ? 0 : 1);
  history[replace ? 'replaceState' : 'pushState']({ depth }, '', to);
  place.now = here();
  scrolled.delete(location.pathname);
}

/** Goes back, or to `otherwise` when this was the first screen (opened from a notification). */
export function back(otherwise: string): void {
  if (place.now.depth > 0) history.back();
  else go(otherwise, { replace: true });
}

/** After a screen is drawn: its heading takes the focus, and the page is where it was last time. */
export async function settle(): Promise<void> {
  await tick();
  window.scrollTo(0, scrolled.get(location.pathname) ?? 0);
  const heading = document.querySelector<HTMLElement>('main h1, h1');
  if (heading && !document.activeElement?.closest('dialog')) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
}

/** Makes plain links move inside the app, and follows the back button. */
export function follow_links(): void {
  history.scrollRestoration = 'manual';
  window.addEventListener('popstate', () => {
    place.now = here();
  });
  navigator.serviceWorker?.addEventListener('message', (event: MessageEvent<{ go?: string } | null>) => {
    const to = safe_next(event.data?.go ?? null);
    if (to) go(to);
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null;
    if (!link || link.target || link.origin !== location.origin || link.hasAttribute('download')) return;
    if (link.pathname.startsWith('/api/')) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
