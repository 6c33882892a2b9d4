/** The figures of the rules in the order people think of them, each with its words. */
import type { Both } from '../../i18n/index.svelte';
import { words } from './texts';

export interface FigureGroup {
  name: Both;
  figures: readonly { key: string; label: Both; step: number }[];
}

export const FIGURE_GROUPS: readonly FigureGroup[] = [
  {
    name: words.group_patrol,
    figures: [
      { key: 'posted_patrol', label: words.posted_patrol, step: 1 },
      { key: 'free_patrol', label: words.free_patrol, step: 1 },
      { key: 'free_minutes_min', label: words.free_minutes_min, step: 5 },
      { key: 'night', label: words.night, step: 1 },
      { key: 'stop_dwelt', label: words.stop_dwelt, step: 1 },
      { key: 'stops_max', label: words.stops_max, step: 1 },
      { key: 'handled_matter', label: words.handled_matter, step: 1 },
      { key: 'handled_matters_max', label: words.handled_matters_max, step: 1 },
    ],
  },
  {
    name: words.group_deed,
    figures: [
      { key: 'mediation', label: words.mediation, step: 1 },
      { key: 'talk', label: words.talk, step: 1 },
    ],
  },
  {
    name: words.group_cap,
    figures: [
      { key: 'daily_cap', label: words.daily_cap, step: 5 },
      { key: 'reviewer_cap', label: words.reviewer_cap, step: 50 },
      { key: 'points_last_days', label: words.points_last_days, step: 30 },
    ],
  },
];

/** What is wrong with a figure that the server refused, where it can be said better than "please check". */
export const FIGURE_TROUBLES: Readonly<Record<string, Both>> = {
  free_patrol: words.wrong_free_patrol,
  daily_cap: words.wrong_daily_cap,
  points_last_days: words.wrong_points_last_days,
};

/** What points of last month were for. */
export const KINDS: Readonly<Record<string, Both>> = {
  patrol: words.kind_patrol,
  handled_matter: words.handled_matter,
  mediation: words.mediation,
  talk: words.talk,
};
