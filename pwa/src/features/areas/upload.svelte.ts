/** Sends a street file part by part, so that a broken connection costs one part and the rest can follow later. */
import { call } from '../../api/client';
import { ProblemError } from '../../api/problem';
import type { MapImport, NewMapImport } from '../../api/types';

export const PART_BYTES = 1024 * 1024;

export class Upload {
  /** What the server said last of the import under way. */
  latest = $state.raw<MapImport | null>(null);
  running = $state(false);
  error = $state.raw<unknown>(null);
  #file: Blob | null = null;
  #announced: NewMapImport | null = null;

  /** How much of the file has arrived, 0 to 1. */
  get share(): number {
    return this.latest ? this.latest.received_bytes / this.latest.bytes : 0;
  }

  /** Whether a file waits to be sent on after something went wrong. */
  get stopped(): boolean {
    return !this.running && this.error !== null && this.#file !== null;
  }

  /** Announces the file and sends it; resolves once it has all arrived or something stood in the way (see `error`). */
  async begin(announced: NewMapImport, file: Blob): Promise<void> {
    if (this.running) return;
    this.#announced = announced;
    this.#file = file;
    this.latest = null;
    await this.go_on();
  }

  /** Sends what has not arrived yet. */
  async go_on(): Promise<void> {
    const [announced, file] = [this.#announced, this.#file];
    if (this.running || !announced || !file) return;
    this.running = true;
    this.error = null;
    try {
      this.latest = await call('POST /api/map-imports', { body: announced });
      while (this.latest.state === 'uploading') this.latest = await this.#send(this.latest, file);
      this.#file = null;
    } catch (error) {
      this.error = error;
      // What the server refuses for good is not sent again; a new choice begins anew.
      if (error instanceof ProblemError && !error.passing) this.#file = null;
    } finally {
      this.running = false;
    }
  }

  async #send(at: MapImport, file: Blob): Promise<MapImport> {
    const offset = at.received_bytes;
    const part = file.slice(offset, offset + PART_BYTES, 'application/octet-stream');
    try {
      return await call('PUT /api/map-imports/{id}/parts', { path: { id: at.id }, query: { offset }, body: part });
    } catch (error) {
      const received = error instanceof ProblemError && error.code === 'part-out-of-order' ? error.params['received_bytes'] : undefined;
      if (typeof received !== 'number' || received === offset) throw error;
      return { ...at, received_bytes: received };
    }
  }
}
