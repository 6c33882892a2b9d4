/** Words in two languages, side by side, so that neither can be forgotten: a key without its pair does not compile. */
import { settings } from '../app/settings.svelte';

/** One sentence: Chinese first, then English. */
export type Both = readonly [zh: string, en: string];
export type Texts = Readonly<Record<string, Both>>;

type Names<Sentence extends string> = Sentence extends `${string}{${infer Inside}}${infer Rest}`
  ? (Inside extends `${infer Name}:${string}` ? Name : Inside) | Names<Rest>
  : never;
type Given<Pair extends Both> =
  Names<Pair[0] | Pair[1]> extends never
    ? []
    : [values: Record<Names<Pair[0] | Pair[1]>, string | number>];

/**
 * Declares a feature's words. `{count}` is filled in; `{count:seat|seats}` picks the first word for one, the second
 * for any other number.
 */
export function texts<const Words extends Texts>(words: Words): Words {
  return words;
}

/** The sentence in the person's language, filled in. The compiler checks that every placeholder gets its value. */
export function t<const Pair extends Both>(pair: Pair, ...[values]: Given<Pair>): string {
  return fill(pair[settings.locale === 'en' ? 1 : 0], values as Record<string, string | number> | undefined);
}

/** `t` for sentences chosen at run time, whose placeholders the compiler cannot know (problem codes, ledger lines). */
export function t_with(pair: Both, values: Record<string, unknown>): string {
  const known: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string' || typeof value === 'number') known[name] = value;
  }
  return fill(pair[settings.locale === 'en' ? 1 : 0], known);
}

function fill(sentence: string, values: Record<string, string | number> = {}): string {
  return sentence.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (_, name: string, one?: string, many?: string) => {
    const value = values[name];
    if (one !== undefined) return Number(value) === 1 ? one : (many ?? '');
    return value === undefined ? '' : String(value);
  });
}

type Stems<Thing> = keyof Thing extends infer Key ? (Key extends `${infer Stem}_zh` ? Stem : never) : never;

/** A thing's own words in the person's language: `say(task, 'title')` reads title_zh or title_en, whichever is written. */
export function say<Thing extends object>(thing: Thing, stem: Stems<Thing> & string): string {
  const words = thing as Record<string, unknown>;
  const [first, second] = settings.locale === 'en' ? ['en', 'zh'] : ['zh', 'en'];
  return String(words[`${stem}_${first}`] || words[`${stem}_${second}`] || '');
}

/** Words that came as {zh, en}. */
export function pick(words: { zh: string; en: string } | null | undefined): string {
  if (!words) return '';
  return settings.locale === 'en' ? words.en || words.zh : words.zh || words.en;
}

export function is_english(): boolean {
  return settings.locale === 'en';
}
