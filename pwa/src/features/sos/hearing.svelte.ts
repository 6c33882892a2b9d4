/** Others' calls for help that this phone was told of: confirmed to the server, called out over every screen until seen. */
import { call } from '../../api/client';
import { session } from '../../api/session.svelte';
import { on_message } from '../../api/stream.svelte';
import type { SosCall } from '../../api/types';

export const heard = $state<{ calls: SosCall[]; seen: string[] }>({ calls: [], seen: [] });

/** Asks which calls are open for this person: after signing in, on return to the page, and when one comes in. */
export async function ask_open_calls(): Promise<void> {
  const user_id = session.user?.id;
  if (!user_id) {
    heard.calls = [];
    return;
  }
  try {
    const { items } = await call('GET /api/me/sos');
    if (session.user?.id === user_id) heard.calls = items.filter((each) => !each.mine);
  } catch {
    // What is known stays; the stream or the next look brings the rest.
  }
}

/** Says that this person comes. @throws ProblemError when the call is over. */
export async function answer_call(id: string): Promise<SosCall> {
  const answer = await call('POST /api/sos/{id}/acknowledge', { path: { id } });
  put(answer);
  return answer;
}

/** The call was opened: it is no longer called out over other screens. */
export function see_call(id: string): void {
  if (!heard.seen.includes(id)) heard.seen.push(id);
  void call('POST /api/sos/{id}/receipts', { path: { id }, body: { kind: 'opened' } }).catch(() => undefined);
}

function put(answer: SosCall): void {
  const others = heard.calls.filter((each) => each.id !== answer.id);
  heard.calls = !answer.mine && (answer.state === 'open' || answer.state === 'acknowledged') ? [answer, ...others] : others;
}

/** Listens for calls as long as the app runs. */
export function hear_calls(): void {
  on_message((message) => {
    if (message.ref.kind !== 'sos') return;
    if (message.kind === 'sos.live') {
      void call('POST /api/sos/{id}/receipts', { path: { id: message.ref.id }, body: { kind: 'delivered' } })
        .then(put)
        .catch(() => ask_open_calls());
    } else {
      void ask_open_calls();
    }
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && session.user) void ask_open_calls();
  });
}
