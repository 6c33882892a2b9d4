/** A clock that screens can read: it ticks once a second while any screen shows it, in the server's time. */
import { createSubscriber } from 'svelte/reactivity';
import { server_now_ms } from '../api/client';

const watch = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  return () => clearInterval(timer);
});

/** The server's time in milliseconds; reading it in a component makes that component follow it. */
export function now_ms(): number {
  watch();
  return server_now_ms();
}
