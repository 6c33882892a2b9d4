/** How parts of the week, expectations and doubt are said. */
import type { Spot } from '../../api/types';
import { t, type Both } from '../../i18n/index.svelte';
import type { Tone } from '../desk/kinds';
import { words } from './texts';
import type { Part } from './week';

const days: Both[] = [words.mon, words.tue, words.wed, words.thu, words.fri, words.sat, words.sun];
const shifts: Both[] = [words.shift_night, words.shift_day, words.shift_evening];

export const day_words = (day: number) => t(days[day]!);
export const shift_words = (shift: number) => t(shifts[shift]!);

/** 周五 21–22 点 / Fri 21:00–22:00. */
export function hour_words(hour: number): string {
  const clock = hour % 24;
  return t(words.hour, { day: day_words(Math.floor(hour / 24)), from: clock, until: clock + 1 });
}

export function part_words(part: Part): string {
  if (part.mode === 'week') return t(words.whole_week);
  return part.mode === 'shift' ? shift_words(part.shift) : hour_words(part.hour);
}

const one_decimal = (value: number) => (value < 10 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value)));
const WEEKS_A_YEAR = 52;

/** How often: 每周约 3.2 起; below one a week, 约每 5 周 1 起; beyond two years, 约每 3 年 1 起. */
export function often(expected: number): string {
  if (expected >= 0.95) return t(words.a_week, { count: one_decimal(expected) });
  const weeks = Math.round(1 / Math.max(expected, 1e-6));
  if (weeks > 2 * WEEKS_A_YEAR) return t(words.every_years, { years: Math.round(weeks / WEEKS_A_YEAR) });
  return t(words.every_weeks, { weeks });
}

/** The range in which the weekly rate lies, eight times out of ten. */
export function range_words(spot: Pick<Spot, 'low' | 'high'>): string {
  return t(words.range, { low: figure(spot.low), high: figure(spot.high) });
}

const figure = (value: number) => (value < 0.095 ? value.toFixed(2) : one_decimal(value));

const sure: Record<string, [Both, Tone]> = {
  firm: [words.sure_firm, 'ok'],
  fair: [words.sure_fair, 'brand'],
  thin: [words.sure_thin, 'quiet'],
};

export const sure_words = (level: string) => t((sure[level] ?? sure['thin']!)[0]);
export const sure_tone = (level: string): Tone => (sure[level] ?? sure['thin']!)[1];
