/** The parts of an amount, as short words: 完成任务 10 · 夜间 5. */
import type { PointsLine } from '../../api/types';
import { number } from '../../i18n/format';
import { t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

const names: Record<string, Both> = {
  posted_patrol: words.posted,
  free_patrol: words.free,
  night: words.night,
  handled_matters: words.handled,
  daily_cap: words.cap_line,
  partial: words.partial_line,
  too_short: words.too_short_line,
};

/** One sentence for a credit's parts; parts of a kind newer than this app are left out rather than shown as codes. */
export function lines_text(lines: readonly PointsLine[]): string {
  return lines
    .flatMap((line) => {
      const name = names[line.code];
      return name ? [`${t(name)} ${line.points < 0 ? '−' : ''}${number(Math.abs(line.points))}`] : [];
    })
    .join(' · ');
}
