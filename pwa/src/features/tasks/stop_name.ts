/** What a stop is called in the person's language; a street without an English name keeps its own. */
import type { Stop } from '../../api/types';
import { pick } from '../../i18n/index.svelte';

export const stop_name = (stop: Pick<Stop, 'name' | 'name_en'>): string =>
  pick({ zh: stop.name, en: stop.name_en || stop.name });
