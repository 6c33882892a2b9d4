/** An officer's changes of a plan: sent one at a time on the version on the screen; one that did not go through is kept. */
import { call } from '../../api/client';
import { OfflineError, ProblemError } from '../../api/problem';
import type { Query } from '../../api/query.svelte';
import type { NewPlanEdit, Plan, PlanEdit } from '../../api/types';
import { uuid7 } from '../../api/uuid';
import { tell } from '../../design/toast.svelte';
import { t } from '../../i18n/index.svelte';
import { problem_text } from '../../i18n/problems';
import { edit_words, price_words } from './plan_words';
import { words } from './texts';

/** What to change, without the version it is made on. */
export type Wish = Omit<NewPlanEdit, 'id' | 'version'>;

/** An edit that did not go through: what was wished, in words, and what a colleague did meanwhile. */
export interface Waiting {
  /** Kept for a second try of the same request, so that one that did arrive is not carried out twice. */
  id: string;
  version: number;
  wish: Wish;
  said: string;
  why: 'changed' | 'offline';
  changes: PlanEdit[];
}

export class Editing {
  busy = $state(false);
  error = $state.raw<unknown>(null);
  waiting = $state.raw<Waiting | null>(null);

  #plan: Query<Plan>;

  constructor(plan: Query<Plan>) {
    this.#plan = plan;
  }

  /** Carries a wish out; `said` is the same in words, for when it has to wait. */
  async run(wish: Wish, said: string): Promise<boolean> {
    const plan = this.#plan.data;
    if (!plan || this.busy || this.waiting) return false;
    return await this.#send({ id: uuid7(), version: plan.version, wish, said });
  }

  /** Tries the edit that waited once more, on the plan as it is now. */
  async again(): Promise<void> {
    const { waiting } = this;
    const plan = this.#plan.data;
    if (!waiting || !plan) return;
    const fresh = waiting.why === 'changed' ? { id: uuid7(), version: plan.version } : {};
    await this.#send({ ...waiting, ...fresh });
  }

  /** Lets go of the edit that waited. */
  forget(): void {
    this.waiting = null;
  }

  async undo(): Promise<void> {
    const plan = this.#plan.data;
    if (!plan || this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      const now = await call('POST /api/plans/{id}/undo', { path: { id: plan.id }, body: { id: uuid7(), version: plan.version } });
      this.#plan.set(now);
      tell(now.edits[0] ? edit_words(now.edits[0]) : t(words.undo));
    } catch (error) {
      this.error = error;
      void this.#plan.reload();
    } finally {
      this.busy = false;
    }
  }

  async #send({ id, version, wish, said }: Pick<Waiting, 'id' | 'version' | 'wish' | 'said'>): Promise<boolean> {
    const plan = this.#plan.data!;
    this.busy = true;
    this.error = null;
    try {
      const now = await call('POST /api/plans/{id}/edits', { path: { id: plan.id }, body: { ...wish, id, version } });
      this.waiting = null;
      this.#plan.set(now);
      const done = now.edits.find((edit) => edit.id === id);
      if (done) tell([edit_words(done), price_words(done.told)].filter(Boolean).join(t(words.stop_mark)));
      return true;
    } catch (error) {
      if (error instanceof OfflineError) this.waiting = { id, version, wish, said, why: 'offline', changes: [] };
      else if (error instanceof ProblemError && error.code === 'plan-changed') {
        const changes = (error.params['changes'] ?? []) as PlanEdit[];
        this.waiting = { id, version, wish, said, why: 'changed', changes };
        void this.#plan.reload();
      } else {
        this.waiting = null;
        this.error = error;
        tell(problem_text(error), 'wrong');
        void this.#plan.reload();
      }
      return false;
    } finally {
      this.busy = false;
    }
  }
}
