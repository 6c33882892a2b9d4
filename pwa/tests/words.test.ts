/** Both languages say everything, with the same values in them. */
import { expect, test } from 'vitest';
import { choose } from '../src/app/settings.svelte';
import { pick, say, t, texts, type Texts } from '../src/i18n/index.svelte';

const modules = import.meta.glob<{ words?: Texts }>('../src/features/*/texts.ts', { eager: true });
const sources = import.meta.glob<string>('../src/**/*.{svelte,ts}', { eager: true, query: '?raw', import: 'default' });

const names = (sentence: string) => new Set([...sentence.matchAll(/\{(\w+)/g)].map((found) => found[1]));

test('every feature’s words have both languages and the same values in both', () => {
  expect(Object.keys(modules).length).toBeGreaterThan(4);
  for (const [file, { words }] of Object.entries(modules)) {
    expect(words, `${file} exports words`).toBeDefined();
    for (const [key, [zh, en]] of Object.entries(words!)) {
      expect(zh.trim(), `${file} ${key} in Chinese`).not.toBe('');
      expect(en.trim(), `${file} ${key} in English`).not.toBe('');
      expect(names(en), `${file} ${key}`).toEqual(names(zh));
    }
  }
});

test('no word is declared that no screen says', () => {
  const unsaid: string[] = [];
  for (const [file, { words }] of Object.entries(modules)) {
    const folder = file.replace('texts.ts', '');
    const feature = folder.split('/').at(-2)!;
    const said = Object.entries(sources)
      .filter(([path, source]) => path !== file && (path.startsWith(folder) || source.includes(`/${feature}/texts`)))
      .map(([, source]) => source)
      .join('\n');
    // Words under a code of the server's (`task.publish`) are looked up when the code comes.
    for (const key of Object.keys(words!).filter((each) => !each.includes('.'))) {
      if (!new RegExp(`\\b\\w*[wW]ords\\w*(\\.${key}\\b|\\[)`).test(said)) unsaid.push(`${feature}.${key}`);
    }
  }
  expect(unsaid).toEqual([]);
});

test('no screen writes Chinese outside of words', () => {
  const allowed = /(texts|problems|format)\.ts$|index\.svelte\.ts$|session\.svelte\.ts$|settings\.svelte\.ts$|sw\.ts$|LanguageChips\.svelte$|schema\.d\.ts$/;
  for (const [file, source] of Object.entries(sources)) {
    if (allowed.test(file)) continue;
    const code = source
      .replace(/<!--[\s\S]*?-->|\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
      .replace(/\[\s*'[^']*',\s*['"’][\s\S]*?['"]\s*,?\s*\]/g, '');
    expect(code.match(/[\u4e00-\u9fff]+/g), file).toBeNull();
  }
});

const words = texts({ seats: ['还差 {count} 人', '{count} {count:seat|seats} left'], plain: ['好', 'Good'] });

test('values are filled in, and English counts', () => {
  expect(t(words.seats, { count: 2 })).toBe('还差 2 人');
  expect(t(words.plain)).toBe('好');
  choose({ locale: 'en' });
  expect(t(words.seats, { count: 1 })).toBe('1 seat left');
  expect(t(words.seats, { count: 2 })).toBe('2 seats left');
});

test('a thing’s own words fall back to the language that was written', () => {
  const task = { title_zh: '石坊老街', title_en: '' };
  choose({ locale: 'en' });
  expect(say(task, 'title')).toBe('石坊老街');
  expect(pick({ zh: '夜市散场', en: 'The night market closes' })).toBe('The night market closes');
  expect(pick(null)).toBe('');
});
