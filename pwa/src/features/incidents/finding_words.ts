/** What findings, datums, fields and states of an import are called. */
import type { DatumName, ImportField, ImportState } from '../../api/types';
import { t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

const findings: Record<string, Both> = {
  missing_coordinates: words.missing_coordinates,
  bad_coordinates: words.bad_coordinates,
  zero_coordinates: words.zero_coordinates,
  swapped_coordinates: words.swapped_coordinates,
  outside_area: words.outside_area,
  bad_time: words.bad_time,
  future_time: words.future_time,
  missing_category: words.missing_category,
  duplicate: words.duplicate,
  midnight_pileup: words.midnight_pileup,
  station_pileup: words.station_pileup,
  person_text: words.person_text,
  free_text_column: words.free_text_column,
  no_source_column: words.no_source_column,
  corrected: words.corrected,
  number_reused: words.number_reused,
  bad_weight: words.bad_weight,
  no_category_column: words.no_category_column,
  wrong_datum: words.wrong_datum,
};

/** What a reason code means and what to do; a code that is not known here is shown as it is, never hidden. */
export function finding_name(code: string): string {
  const found = findings[code];
  return found ? t(found) : code;
}

export const DATUMS: { datum: DatumName; name: Both; hint: Both }[] = [
  { datum: 'gcj02', name: words.gcj02, hint: words.gcj02_hint },
  { datum: 'bd09', name: words.bd09, hint: words.bd09_hint },
  { datum: 'wgs84', name: words.wgs84, hint: words.wgs84_hint },
];

export function datum_name(datum: DatumName): string {
  return t(DATUMS.find((each) => each.datum === datum)!.name);
}

/** The fields of an incident in the order in which an office thinks of them; the first four are needed. */
export const FIELDS: { field: ImportField; name: Both }[] = [
  { field: 'lon', name: words.field_lon },
  { field: 'lat', name: words.field_lat },
  { field: 'time', name: words.field_time },
  { field: 'kind', name: words.field_kind },
  { field: 'date', name: words.field_date },
  { field: 'id', name: words.field_id },
  { field: 'source', name: words.field_source },
  { field: 'weight', name: words.field_weight },
];

export function field_name(field: ImportField): string {
  return t(FIELDS.find((each) => each.field === field)!.name);
}

const states: Record<ImportState, [Both, 'quiet' | 'amber' | 'ok' | 'alert' | 'brand']> = {
  looking: [words.state_looking, 'amber'],
  ready: [words.state_ready, 'amber'],
  checking: [words.state_checking, 'amber'],
  checked: [words.state_checked, 'brand'],
  importing: [words.state_importing, 'amber'],
  imported: [words.state_imported, 'ok'],
  failed: [words.state_failed, 'alert'],
  discarded: [words.state_discarded, 'quiet'],
};

export const state_name = (state: ImportState) => t(states[state][0]);
export const state_tone = (state: ImportState) => states[state][1];

/** Why a file could not be read, in words that say what to do. */
export function failure_text(failure: { code: string; params: Record<string, unknown> }): string {
  const value = String(failure.params['value'] ?? '');
  const known: Record<string, string> = {
    'incidents-unreadable': t(words.failed_unreadable),
    'columns-missing': t(words.failed_columns),
    'columns-unknown': t(words.failed_columns),
    'too-large-inside': t(words.failed_large),
    'too-many-rows': t(words.failed_rows, { count: value }),
    'import-file-gone': t(words.failed_gone),
    'timed-out': t(words.failed_timed_out),
  };
  return known[failure.code] ?? t(words.failed_internal);
}
