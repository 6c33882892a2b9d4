/** Phone numbers as people write them: with gaps and dashes, or in the wide digits of a Chinese keyboard. */

/** The number as the server takes it: digits, with an optional plus. */
export function plain_phone(written: string): string {
  return written.normalize('NFKC').replace(/[\s\-‐–—().]/g, '');
}
