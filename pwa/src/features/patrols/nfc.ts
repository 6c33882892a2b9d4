/** Reading and writing NFC tags, where the phone and its browser can (Chrome on Android). */

interface Reading {
  message: { records: { recordType: string; data?: DataView; encoding?: string }[] };
}

interface Reader extends EventTarget {
  scan(options: { signal: AbortSignal }): Promise<void>;
  write(message: { records: { recordType: string; data: string }[] }): Promise<void>;
}

type WithReader = typeof globalThis & { NDEFReader?: new () => Reader };

export function can_read_nfc(): boolean {
  return 'NDEFReader' in globalThis;
}

/**
 * The text or address on the next tag that is touched.
 * @throws DOMException when reading is not allowed, was given up by `signal`, or the tag holds neither.
 */
export async function read_tag(signal: AbortSignal): Promise<string> {
  const reader = new (globalThis as WithReader).NDEFReader!();
  await reader.scan({ signal });
  return new Promise((resolve, reject) => {
    const failed = () => reject(new DOMException('The tag could not be read', 'NotReadableError'));
    signal.addEventListener('abort', failed);
    reader.addEventListener('readingerror', failed, { once: true });
    reader.addEventListener(
      'reading',
      (event) => {
        const record = (event as Event & Reading).message.records.find((each) => ['url', 'text'].includes(each.recordType));
        if (record?.data) resolve(new TextDecoder(record.encoding).decode(record.data));
        else failed();
      },
      { once: true },
    );
  });
}

/**
 * Writes an address as the one record of the next tag that is touched.
 * @throws DOMException when writing is not allowed, or the tag is locked or too small.
 */
export async function write_tag(address: string): Promise<void> {
  await new (globalThis as WithReader).NDEFReader!().write({ records: [{ recordType: 'url', data: address }] });
}
