/** What every unit test starts with: an empty IndexedDB of its own, in memory, and Chinese as the language. */
import 'fake-indexeddb/auto';
import { beforeEach } from 'vitest';
import { choose } from '../src/app/settings.svelte';
import { database } from '../src/api/keep';
import { forget_key } from '../src/api/seal';

beforeEach(async () => {
  forget_key();
  choose({ locale: 'zh-CN', theme: 'system', text: 'normal' });
  const db = await database();
  await Promise.all([db.clear('answers'), db.clear('outbox'), db.clear('small')]);
});
