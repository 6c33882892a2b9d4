/** What a person has chosen on this phone: language, theme, text size. Kept in localStorage, or only for now where that is refused. */
import type { Locale } from '../api/types';

export type Theme = 'system' | 'light' | 'dark';
export type TextSize = 'normal' | 'large';

interface Settings {
  locale: Locale;
  theme: Theme;
  text: TextSize;
}

const KEY = 'lexun.settings';

function first_locale(): Locale {
  const wanted = typeof navigator === 'undefined' ? 'zh-CN' : (navigator.language ?? 'zh-CN');
  return wanted.toLowerCase().startsWith('en') ? 'en' : 'zh-CN';
}

function read(): Settings {
  const first: Settings = { locale: first_locale(), theme: 'system', text: 'normal' };
  try {
    return { ...first, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Settings>) };
  } catch {
    return first;
  }
}

export const settings = $state<Settings>(read());

/** Changes settings and keeps them; a phone that refuses storage keeps them until the page closes. */
export function choose(change: Partial<Settings>): void {
  Object.assign(settings, change);
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Private mode: the choice holds for this visit.
  }
  show_settings();
}

const dark_wanted = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null;

const shown = $state({ dark: false });

/** Whether the app is drawn dark right now, by choice or by the phone's setting. */
export function is_dark(): boolean {
  return shown.dark;
}

/** Puts the settings on the document: language, theme, root text size, the colour of the phone's own bars. */
export function show_settings(): void {
  const root = document.documentElement;
  shown.dark = settings.theme === 'dark' || (settings.theme === 'system' && dark_wanted?.matches === true);
  root.lang = settings.locale;
  root.dataset['theme'] = shown.dark ? 'dark' : 'light';
  root.dataset['text'] = settings.text;
  document.querySelector('meta[name=theme-color]')?.setAttribute('content', shown.dark ? '#18211d' : '#ffffff');
}

dark_wanted?.addEventListener('change', show_settings);
