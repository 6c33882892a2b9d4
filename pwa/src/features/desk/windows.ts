/** The quick choices of a posting form: right away, the coming evening, morning and afternoon. */
import { day } from '../../i18n/format';
import { t } from '../../i18n/index.svelte';
import { words } from './texts';
import { coming, next_five_minutes } from './wall_clock';
import type { Choice } from './WindowField.svelte';

const MINUTE_MS = 60_000;

export function task_windows(now_ms: number, minutes: number, zone: string): Choice[] {
  const window = (key: string, label: string, from_ms: number): Choice => ({
    key,
    label,
    from_ms,
    to_ms: from_ms + minutes * MINUTE_MS,
  });
  const at = (clock: string) => coming(now_ms, clock, zone);
  const day_of = (ms: number) => day(ms, { now_ms });
  return [
    window('evening', t(words.this_evening, { day: day_of(at('20:00')) }), at('20:00')),
    window('now', t(words.from_now), next_five_minutes(now_ms)),
    window('morning', t(words.in_the_morning, { day: day_of(at('07:10')) }), at('07:10')),
    window('afternoon', t(words.in_the_afternoon, { day: day_of(at('15:00')) }), at('15:00')),
  ];
}
