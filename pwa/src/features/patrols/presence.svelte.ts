/** Showing that one was at a checkpoint or stop: by code, tag, photo or the leader's word; kept until the server has it. */
import { server_now_ms } from '../../api/client';
import { outbox } from '../../api/outbox.svelte';
import { ProblemError } from '../../api/problem';
import type { NewVisit, Visit } from '../../api/types';
import { uuid7 } from '../../api/uuid';
import { opened } from '../../app/picture';
import { recorder } from './recorder.svelte';

/** A visit made on this phone: its answer once the server has it, or why it was not taken. */
export interface MadeVisit {
  id: string;
  patrol_id: string;
  method: NewVisit['method'];
  at: string;
  answer: Visit | null;
  /** How far its photo is; null without one. */
  photo: 'waiting' | 'sent' | 'refused' | null;
  refused: ProblemError | null;
}

export const presence = $state<{ made: MadeVisit[] }>({ made: [] });

const LONGEST_SIDE_PX = 1600;
const QUALITY = 0.82;

type How =
  | { method: 'qr' | 'nfc'; code: string }
  | { method: 'photo'; photo: Blob; stop_order: number | null }
  | { method: 'attested'; for_user_id: string; stop_order: number | null };

/** Notes the visit here and now, with where this phone is; resolves when it is safely on the phone, sent or not. */
export async function make_visit(how: How): Promise<void> {
  const patrol_id = recorder.patrol!.id;
  const { here } = recorder;
  const { photo, ...plain } = how.method === 'photo' ? how : { ...how, photo: null };
  const body: NewVisit = {
    id: uuid7(),
    at: new Date(server_now_ms()).toISOString(),
    ...plain,
    ...(here ? { lon: here.lon, lat: here.lat, accuracy_m: here.accuracy_m } : {}),
  };
  presence.made.unshift({ id: body.id, patrol_id, method: body.method, at: body.at, answer: null, photo: photo ? 'waiting' : null, refused: null });
  await outbox.add(body.id, 'POST /api/patrols/{id}/visits', { path: { id: patrol_id }, body }, patrol_id);
  if (photo) {
    const path = { id: patrol_id, visit_id: body.id };
    await outbox.add(uuid7(), 'PATCH /api/patrols/{id}/visits/{visit_id}/photo', { path, body: photo }, patrol_id);
  }
  await outbox.flush();
}

/**
 * A photo no larger than a look at it needs, without what cameras write into their files.
 * @throws ProblemError that says why it cannot be used.
 */
export async function shrunk(file: Blob): Promise<Blob> {
  const picture = await opened(file);
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (made) => (made ? resolve(made) : reject(new DOMException('The photo could not be written', 'EncodingError'))),
      'image/jpeg',
      QUALITY,
    ),
  );
}

/** Hears what became of visits; called once when the app starts. */
export function start_presence(): void {
  outbox.on_settled(async (entry, answer, error) => {
    if (entry.operation === 'PATCH /api/patrols/{id}/visits/{visit_id}/photo') {
      const made = presence.made.find((each) => each.id === entry.sent.path?.['visit_id']);
      if (made) made.photo = error ? 'refused' : 'sent';
      if (made && error) await outbox.dismiss(entry.id);
    }
    if (entry.operation !== 'POST /api/patrols/{id}/visits') return;
    const made = presence.made.find((each) => each.id === entry.id);
    if (!made) return;
    made.answer = (answer as Visit | undefined) ?? null;
    made.refused = error;
    // Said where it was made; it need not be said again.
    if (error) await outbox.dismiss(entry.id);
  });
}
