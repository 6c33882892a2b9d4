/** A street file arrives whole however often the connection breaks, and no part is sent for nothing. */
import { afterEach, expect, test, vi } from 'vitest';
import { ProblemError } from '../src/api/problem';
import { PART_BYTES, Upload } from '../src/features/areas/upload.svelte';

const SIZE = 2 * PART_BYTES + 10;
const NEW = { id: 'a', path: 'lewan', file_name: 'x.osm.pbf', bytes: SIZE };
const file = new Blob([new Uint8Array(SIZE)]);

/** A server that keeps what it received; `trouble` stands in for its answers, in turn. */
function serve(trouble: (undefined | 'lost' | 'dead' | 'refused')[]) {
  const server = { received: 0, offsets: [] as number[] };
  const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
  const out = () => ({ ...NEW, received_bytes: server.received, state: server.received === SIZE ? 'building' : 'uploading' });
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    if (!url.includes('/parts')) return json(out(), 201);
    const offset = Number(new URL(url, 'http://x').searchParams.get('offset'));
    const kind = trouble.shift();
    server.offsets.push(offset);
    if (kind === 'dead') throw new TypeError('no network');
    if (kind === 'refused') return json({ code: 'import-over', title: 'x', status: 409, params: {}, type: 'y' }, 409);
    if (offset !== server.received) return json({ code: 'part-out-of-order', title: 'x', status: 409, params: { received_bytes: server.received }, type: 'y' }, 409);
    server.received += (init.body as Blob).size;
    if (kind === 'lost') throw new TypeError('the answer was lost');
    return json(out());
  });
  return server;
}

afterEach(() => vi.unstubAllGlobals());

test('a file goes part by part until it has arrived', async () => {
  const server = serve([]);
  const upload = new Upload();
  await upload.begin(NEW, file);
  expect(server.offsets).toEqual([0, PART_BYTES, 2 * PART_BYTES]);
  expect(upload.latest?.state).toBe('building');
  expect([upload.share, upload.error, upload.stopped]).toEqual([1, null, false]);
});

test('after a broken connection it goes on from what arrived, also when only the answer was lost', async () => {
  const server = serve([undefined, 'lost', undefined]);
  const upload = new Upload();
  await upload.begin(NEW, file);
  expect(upload.stopped).toBe(true);
  expect(upload.share).toBeGreaterThan(0);
  await upload.go_on();
  expect(server.offsets).toEqual([0, PART_BYTES, 2 * PART_BYTES]);
  expect(server.received).toBe(SIZE);
  expect(upload.stopped).toBe(false);
});

test('a refusal for good is shown and not sent again', async () => {
  const server = serve(['refused']);
  const upload = new Upload();
  await upload.begin(NEW, file);
  expect(upload.error).toBeInstanceOf(ProblemError);
  expect(upload.stopped).toBe(false);
  await upload.go_on();
  expect(server.offsets).toEqual([0]);
});
