/** Whether the server can be reached, as far as the last attempt shows; the offline banner reads this. */
import { on_reach } from './client';

const state = $state({ online: typeof navigator === 'undefined' || navigator.onLine !== false });

/** False when the phone says it has no network or the last request did not get through. */
export function is_online(): boolean {
  return state.online;
}

on_reach((reached) => {
  state.online = reached;
});

if (typeof window !== 'undefined') {
  window.addEventListener('offline', () => {
    state.online = false;
  });
  window.addEventListener('online', () => {
    state.online = true;
  });
}
