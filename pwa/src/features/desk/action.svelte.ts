/** One move at a time: it shows that it is under way, keeps why it was refused, and never runs twice at once. */

export class Action {
  /** What is under way: the name given to `run`, or null. */
  busy = $state<string | null>(null);
  error = $state.raw<unknown>(null);

  /** Carries out `work`; resolves to what it gave, or to undefined when it was refused (see `error`) or already running. */
  async run<Value>(name: string, work: () => Promise<Value>): Promise<Value | undefined> {
    if (this.busy !== null) return undefined;
    this.busy = name;
    this.error = null;
    try {
      return await work();
    } catch (error) {
      this.error = error;
      return undefined;
    } finally {
      this.busy = null;
    }
  }

  /** Forgets the last refusal, for a form that is opened again. */
  clear(): void {
    this.error = null;
  }
}
