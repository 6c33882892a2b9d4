/** What is refused before anything decodes it; browsers test what can be opened. */
import { expect, test } from 'vitest';
import { opened } from '../src/app/picture';

/** The beginning of a PNG file of this size: all that is looked at. */
function png(width: number, height: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(64);
  data.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  new DataView(data.buffer).setUint32(16, width);
  new DataView(data.buffer).setUint32(20, height);
  return data;
}

test.each([
  ['a picture of more than forty million points', new Blob([png(8000, 6000)]), 'photo-too-many-pixels'],
  ['a program with the name of a photo', new Blob(['MZ this is a program'], { type: 'image/jpeg' }), 'photo-not-readable'],
  ['a photo that is cut off', new Blob([png(800, 600)]), 'photo-not-readable'],
  ['a file of thirty megabytes', new Blob([png(800, 600), new Uint8Array(30_000_000)]), 'photo-too-large'],
])('%s is refused with the server’s own word', async (_, file, code) => {
  await expect(opened(file)).rejects.toMatchObject({ code });
});
