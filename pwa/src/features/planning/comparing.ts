/** Two plans side by side: the same figures of both, and which of the two is better where one is. */
import type { Plan } from '../../api/types';
import { distance, duration, number, percent } from '../../i18n/format';
import { t } from '../../i18n/index.svelte';
import { words } from './texts';

export interface Row {
  key: string;
  name: string;
  /** In words, one a plan. */
  values: [string, string];
  /** The index of the plan that is better, or null where neither is or nobody can say. */
  better: 0 | 1 | null;
}

type Figures = NonNullable<Plan['figures']>;
type Wanted = 'more' | 'less' | 'neither';

const SAME_PLACE_DEGREES = 0.001;

function row(
  key: string,
  name: string,
  both: readonly [Figures, Figures],
  value: (figures: Figures) => number | null | undefined,
  said: (value: number) => string,
  wanted: Wanted,
): Row {
  const [a, b] = [value(both[0]), value(both[1])];
  const known = typeof a === 'number' && typeof b === 'number';
  // What reads the same is the same, whatever its last digit.
  const differs = known && said(a) !== said(b);
  const first_is = wanted === 'more' ? Number(a) > Number(b) : Number(a) < Number(b);
  const words_of = (each: number | null | undefined) => (typeof each === 'number' ? said(each) : t(words.no_figure));
  return { key, name, values: [words_of(a), words_of(b)], better: differs && wanted !== 'neither' ? (first_is ? 0 : 1) : null };
}

/** What can be said of both; nothing while one has no figures. */
export function compared(a: Plan, b: Plan): Row[] {
  if (!a.figures || !b.figures) return [];
  const both = [a.figures, b.figures] as const;
  const minutes = (count: number) => t(words.minutes_short, { count });
  const shared = number(shared_stops(a, b));
  return [
    row('score', t(words.row_score), both, ({ score }) => score, (value) => number(Math.round(value)), 'more'),
    row('coverage', t(words.row_coverage), both, ({ coverage_share }) => coverage_share, (value) => percent(value), 'more'),
    row('routes', t(words.row_routes), both, ({ routes }) => routes, number, 'neither'),
    row('stops', t(words.row_stops), both, ({ stops }) => stops, number, 'more'),
    row('length', t(words.row_length), both, ({ length_m }) => length_m, distance, 'neither'),
    row('minutes', t(words.row_minutes), both, ({ minutes: each }) => each, (value) => duration(value * 60), 'neither'),
    row('spread', t(words.row_spread), both, ({ spread_min }) => spread_min, minutes, 'less'),
    row('same', t(words.row_same), both, ({ same_as_last_share }) => same_as_last_share, (value) => percent(value), 'less'),
    row('choices', t(words.row_choices), both, ({ choices }) => choices, (value) => value.toFixed(1), 'more'),
    { key: 'common', name: t(words.row_common), values: [shared, shared], better: null },
  ];
}

/** How many stops of `a` stand where one of `b` stands too, to about a hundred metres. */
export function shared_stops(a: Plan, b: Plan): number {
  const places = b.tasks.flatMap((task) => task.stops);
  const near = (x: number, y: number) => Math.abs(x - y) < SAME_PLACE_DEGREES;
  return a.tasks.flatMap((task) => task.stops).filter((stop) => places.some((other) => near(stop.lon, other.lon) && near(stop.lat, other.lat))).length;
}
