/** A photo goes on after a lost connection from where the server says it is, and is never sent again from its beginning. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OfflineError } from '../src/api/problem';
import { upload } from '../src/api/upload';

const SIZE = 1000;
const file = new Blob([new Uint8Array(SIZE).map((_, index) => index % 251)], { type: 'image/jpeg' });
const OPERATION = 'PATCH /api/patrols/{id}/visits/{visit_id}/photo';
const path = { id: 'p', visit_id: 'v' };

/** A server that keeps what arrived of each request: so many bytes before the connection breaks, or all. */
let server: { kept: number[]; offsets: number[]; break_after: number[]; late: number };

class Wire {
  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  responseType = '';
  status = 0;
  response = new Blob();
  #headers = new Headers();
  #given = new Headers();
  open(): void {}
  setRequestHeader(name: string, value: string): void {
    this.#headers.set(name, value);
  }
  getResponseHeader(name: string): string | null {
    return this.#given.get(name);
  }
  send(body: Blob): void {
    void this.#answer(body);
  }
  async #answer(body: Blob): Promise<void> {
    const offset = Number(this.#headers.get('Upload-Offset'));
    server.offsets.push(offset);
    server.kept.push(...new Uint8Array(server.late));
    server.late = 0;
    if (offset !== server.kept.length) {
      this.status = 409;
      this.#given.set('content-type', 'application/problem+json');
      this.response = new Blob([JSON.stringify({ type: 'x', title: 'x', status: 409, code: 'upload-out-of-step', params: { offset: server.kept.length } })]);
      this.onload?.();
      return;
    }
    const bytes = [...new Uint8Array(await body.arrayBuffer())];
    const arrives = server.break_after.shift() ?? bytes.length;
    server.kept.push(...bytes.slice(0, arrives));
    this.upload.onprogress?.({ loaded: arrives, total: bytes.length });
    if (arrives < bytes.length) return this.onerror?.();
    this.status = 204;
    this.#given.set('Upload-Offset', String(server.kept.length));
    this.onload?.();
  }
}

beforeEach(() => {
  server = { kept: [], offsets: [], break_after: [], late: 0 };
  vi.stubGlobal('XMLHttpRequest', Wire);
  vi.stubGlobal('fetch', async () => new Response(null, { headers: { 'Upload-Offset': String(server.kept.length) } }));
});

afterEach(() => vi.unstubAllGlobals());

test('the rest follows once the network is back, and the share never falls', async () => {
  server.break_after = [300, 450];
  const shares: number[] = [];
  const send = () => upload(OPERATION, { path, body: file }, (share) => shares.push(share));
  await expect(send()).rejects.toBeInstanceOf(OfflineError);
  await expect(send()).rejects.toBeInstanceOf(OfflineError);
  await send();
  expect(server.offsets).toEqual([0, 300, 750]);
  expect(new Uint8Array(server.kept)).toEqual(new Uint8Array(await file.arrayBuffer()));
  expect(shares).toEqual([0.3, 0.75, 1]);
});

test('a file that is there already is not sent, and bytes that came late are not sent twice', async () => {
  server.late = 400;
  await upload(OPERATION, { path, body: file }, () => {});
  expect(server.offsets).toEqual([0, 400]);
  expect(server.kept.length).toBe(SIZE);
  await upload(OPERATION, { path, body: file }, () => {});
  expect(server.offsets.length).toBe(2);
});
