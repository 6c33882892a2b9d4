/** Sending a report: kept on the phone first, its photos after it, each until the server has it. */
import { server_now_ms } from '../../api/client';
import { outbox } from '../../api/outbox.svelte';
import type { NewReport, Report } from '../../api/types';
import { uuid7 } from '../../api/uuid';
import { location_now } from '../../app/location.svelte';
import { t } from '../../i18n/index.svelte';
import { recorder } from '../patrols/recorder.svelte';
import { words } from './texts';

export const CATEGORIES = ['hazard', 'order', 'charging', 'cards', 'lighting', 'other'] as const satisfies NewReport['category'][];
export const PHOTOS_MAX = 4;

type Place = Pick<NewReport, 'lon' | 'lat' | 'accuracy_m'>;

/** Where it is taken to be: the walk's last position, else what this phone knows; nothing is fine. */
export function place_now(): Place {
  const { here } = recorder;
  if (here) return { lon: here.lon, lat: here.lat, accuracy_m: here.accuracy_m };
  const { place, made_up } = location_now;
  return place && !made_up ? place : {};
}

/** Whether the server has a report, and the words in it that judge people; without a network these are told later. */
export interface Outcome {
  sent: boolean;
  hurtful: string[];
}

/** Resolves once the report is safely on the phone and sending was tried; its photos follow by themselves. */
export async function send_report(said: Pick<NewReport, 'category' | 'text' | 'description'>, photos: readonly Blob[]): Promise<Outcome> {
  const body: NewReport = {
    id: uuid7(),
    ...said,
    at: new Date(server_now_ms()).toISOString(),
    ...place_now(),
    patrol_id: recorder.patrol?.id ?? null,
  };
  let hurtful: string[] = [];
  const hear_no_more = outbox.on_settled((entry, answer) => {
    if (entry.id === body.id) hurtful = (answer as Report | undefined)?.hurtful ?? [];
  });
  await outbox.add(body.id, 'POST /api/reports', { body });
  for (const photo of photos) {
    const photo_id = uuid7();
    await outbox.add(photo_id, 'PATCH /api/reports/{id}/photos/{photo_id}', { path: { id: body.id, photo_id }, body: photo });
  }
  await outbox.flush();
  hear_no_more();
  return { sent: !(await outbox.holds(body.id)), hurtful };
}

/** Where a report stands, in words: its outcome once it is over. */
export function standing(report: Report): string {
  if (report.outcome) return t(words[`outcome.${report.outcome}`]);
  return report.state === 'closed' ? '' : t(words[`state.${report.state}`]);
}

/** The tone of that. */
export function tone_of(report: Report): 'ok' | 'quiet' | 'amber' {
  if (report.outcome === 'solved') return 'ok';
  return report.state === 'received' ? 'amber' : 'quiet';
}

export const photo_address = (report: Report, photo_id: string) => `/api/reports/${report.id}/photos/${photo_id}`;
