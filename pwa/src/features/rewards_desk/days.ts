/** Days without a time of day ("2026-11-22"), as people read them. */
import { date } from '../../i18n/format';

/** 2026年11月22日; noon is that day in every zone people live in east of Greenwich. */
export const day_date = (day: string): string => date(`${day}T04:00:00Z`);
