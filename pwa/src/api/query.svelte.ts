/** Reading from the server inside a screen: loading, error, last kept answer, and renewal when a message says so. */
import { untrack } from 'svelte';
import { keep_answer, kept_answer, type KeptAnswer } from './keep';
import { is_online } from './network.svelte';
import { OfflineError } from './problem';
import { session } from './session.svelte';
import { on_message } from './stream.svelte';

export interface QueryOptions {
  /** Keep the last answer on the phone and show it, with its age, when the server cannot be reached. */
  keep?: boolean;
  /** Message kinds that make the answer old, by exact kind or by prefix (`task.`). */
  renew_on?: string[];
  /** Where else the answer may be kept, for want of an own one: the task in a kept list. */
  otherwise?: () => Promise<KeptAnswer | undefined>;
  /** Renew this often while the page is shown, in seconds. */
  every_s?: number;
}

export class Query<Value> {
  data = $state.raw<Value | undefined>(undefined);
  error = $state.raw<unknown>(null);
  /** True while nothing can be shown yet. */
  loading = $state(true);
  /** True while an answer is shown and a newer one is being fetched. */
  renewing = $state(false);
  /** When the shown answer was given, in milliseconds of this phone's clock. */
  as_of_ms = $state<number | null>(null);
  /** The shown answer was kept from before, because the server cannot be reached. */
  stale = $state(false);

  #run: () => Promise<Value>;
  #key: string | null = null;
  #keep: boolean;
  #otherwise: () => Promise<KeptAnswer | undefined>;
  #turn = 0;

  constructor(run: () => Promise<Value>, keep: boolean, otherwise: QueryOptions['otherwise'] = async () => undefined) {
    this.#run = run;
    this.#keep = keep;
    this.#otherwise = otherwise;
  }

  /** Starts anew for another question; an answer to the former one that comes late is dropped. */
  async ask(key: string): Promise<void> {
    if (key !== this.#key) {
      this.#key = key;
      this.data = undefined;
      this.as_of_ms = null;
      this.stale = false;
      this.loading = true;
      this.error = null;
    }
    await this.reload();
  }

  /** Fetches again, keeping what is shown until the answer is here. */
  async reload(): Promise<void> {
    const turn = ++this.#turn;
    const key = `${session.user?.id ?? '-'} ${this.#key}`;
    this.renewing = this.data !== undefined;
    try {
      const value = await this.#run();
      if (turn !== this.#turn) return;
      this.#show(value, Date.now(), false);
      if (this.#keep) await keep_answer(key, value);
    } catch (error) {
      if (turn !== this.#turn) return;
      await this.#fall_back(key, error, turn);
    } finally {
      if (turn === this.#turn) {
        this.loading = false;
        this.renewing = false;
      }
    }
  }

  /** Shows a value that another answer brought (the Task that a grab returned), without asking again. */
  set(value: Value): void {
    this.#turn++;
    this.#show(value, Date.now(), false);
    this.loading = false;
    this.renewing = false;
    if (this.#keep && this.#key) void keep_answer(`${session.user?.id ?? '-'} ${this.#key}`, value);
  }

  #show(value: Value, at_ms: number, stale: boolean): void {
    this.data = value;
    this.as_of_ms = at_ms;
    this.stale = stale;
    this.error = null;
  }

  async #fall_back(key: string, error: unknown, turn: number): Promise<void> {
    if (error instanceof OfflineError) {
      if (this.data !== undefined) {
        this.stale = true;
        return;
      }
      const kept = this.#keep ? ((await kept_answer(key)) ?? (await this.#otherwise())) : undefined;
      if (turn !== this.#turn) return;
      if (kept) {
        this.#show(kept.value as Value, kept.at_ms, true);
        return;
      }
    }
    this.error = error;
  }
}

/**
 * Asks the server as long as the component lives, and again whenever `key` changes. A key of null asks nothing yet.
 * Call it while a component is being set up.
 */
export function query<Value>(
  key: () => string | null,
  run: () => Promise<Value>,
  { keep = false, renew_on = [], every_s, otherwise }: QueryOptions = {},
): Query<Value> {
  const asked = new Query<Value>(run, keep, otherwise);

  $effect(() => {
    const now = key();
    if (now !== null) untrack(() => void asked.ask(now));
  });

  $effect(() => {
    const stops: (() => void)[] = [];
    if (renew_on.length > 0) {
      stops.push(on_message((message) => {
        if (key() !== null && renew_on.some((kind) => message.kind === kind || (kind.endsWith('.') && message.kind.startsWith(kind)))) {
          void asked.reload();
        }
      }));
    }
    const again = () => {
      if (document.visibilityState === 'visible' && untrack(key) !== null) void asked.reload();
    };
    document.addEventListener('visibilitychange', again);
    stops.push(() => document.removeEventListener('visibilitychange', again));
    if (every_s) {
      const timer = setInterval(again, every_s * 1000);
      stops.push(() => clearInterval(timer));
    }
    return () => stops.forEach((stop) => stop());
  });

  // Back online: an answer kept from before, or an error for want of a network, is worth another try.
  $effect(() => {
    if (is_online() && untrack(() => asked.stale || asked.error instanceof OfflineError)) void asked.reload();
  });

  return asked;
}
