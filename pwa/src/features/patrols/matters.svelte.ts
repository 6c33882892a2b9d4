/** Matters met on the way: counted at one tap, taken back within ten seconds, kept until the server has them. */
import { server_now_ms } from '../../api/client';
import { outbox } from '../../api/outbox.svelte';
import type { LogKind } from '../../api/types';
import { uuid7 } from '../../api/uuid';
import { recorder, save } from './recorder.svelte';

const UNDO_MS = 10_000;

export const LOG_KINDS = ['persuade', 'publicity', 'help', 'hazard', 'dispute', 'other'] as const satisfies LogKind[];

/** The last one logged, as long as it can be taken back. */
export const last_matter = $state<{ now: { id: string; kind: LogKind } | null }>({ now: null });

let forgetting: ReturnType<typeof setTimeout> | undefined;

/** Logs one matter here and now; resolves when that has been tried, sent or not. */
export async function log_matter(kind: LogKind): Promise<void> {
  const patrol = recorder.patrol!;
  const id = uuid7();
  const { here } = recorder;
  const item = {
    id,
    kind,
    at: new Date(server_now_ms()).toISOString(),
    ...(here ? { lon: here.lon, lat: here.lat } : {}),
  };
  count(kind, 1);
  clearTimeout(forgetting);
  last_matter.now = { id, kind };
  forgetting = setTimeout(() => (last_matter.now = null), UNDO_MS);
  await outbox.add(id, 'POST /api/patrols/{id}/logs', { path: { id: patrol.id }, body: { items: [item] } }, patrol.id);
  await Promise.all([save(), outbox.flush()]);
}

/** Takes the last one back; the server may hear of that before or after the matter itself. */
export async function undo_last(): Promise<void> {
  const undone = last_matter.now;
  const patrol = recorder.patrol;
  if (!undone || !patrol) return;
  clearTimeout(forgetting);
  last_matter.now = null;
  count(undone.kind, -1);
  const path = { id: patrol.id, log_id: undone.id };
  await outbox.add(uuid7(), 'POST /api/patrols/{id}/logs/{log_id}/undo', { path }, patrol.id);
  await Promise.all([save(), outbox.flush()]);
}

function count(kind: LogKind, change: 1 | -1): void {
  recorder.logs[kind] = Math.max(0, (recorder.logs[kind] ?? 0) + change);
}

/** Corrects the counts where the server did not take a matter; called once when the app starts. */
export function start_matters(): void {
  outbox.on_settled(async (entry, answer, error) => {
    if (entry.operation !== 'POST /api/patrols/{id}/logs' || entry.group !== recorder.patrol?.id) return;
    const { items } = entry.sent.body as { items: { id: string; kind: LogKind }[] };
    const refused = new Set((answer as { refused: { id: string }[] } | undefined)?.refused.map((each) => each.id));
    for (const item of items) if (error || refused.has(item.id)) count(item.kind, -1);
    await save();
  });
}
