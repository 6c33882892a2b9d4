/** Can alerts reach this phone: only what came counts as working, and each trouble has advice for its own phone. */
import { expect, test } from 'vitest';
import { how_to_mend, phone_of, push_tone, trial_words, type Trial } from '../src/features/notify/mending';
import { words } from '../src/features/notify/texts';

const AGENTS = {
  wechat: 'Mozilla/5.0 (Linux; Android 14; V2283A) AppleWebKit/537.36 Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.49',
  iphone: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1',
  chrome: 'Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36',
  edge: 'Mozilla/5.0 (Linux; Android 10; HD1913) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0.0.0',
  firefox: 'Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0',
};

test('phones are told apart where their mending differs', () => {
  expect(Object.values(AGENTS).map(phone_of)).toEqual(['wechat', 'iphone', 'android-chrome', 'other', 'other']);
});

test('a subscription alone is not called working; a trial that came is', () => {
  expect(trial_words('on', 'not-tried')).toBe(words.not_tried);
  expect(push_tone('on', 'not-tried')).toBe('quiet');
  expect(trial_words('on', 'came')).toBe(words.works);
  expect(push_tone('on', 'came')).toBe('ok');
  for (const failed of ['silent', 'gone', 'refused', 'unreachable'] as Trial[]) {
    expect(trial_words('on', failed)).toBe(words.did_not_come);
    expect(push_tone('on', failed)).toBe('alert');
  }
});

test('each trouble has advice, for the phone it is on', () => {
  expect(how_to_mend('on', 'came', AGENTS.chrome)).toBeUndefined();
  expect(how_to_mend('unsupported', 'not-tried', AGENTS.wechat)).toBe(words.mend_wechat);
  expect(how_to_mend('install-first', 'not-tried', AGENTS.iphone)).toBe(words.push_install);
  expect(how_to_mend('denied', 'not-tried', AGENTS.iphone)).toBe(words.mend_denied_iphone);
  expect(how_to_mend('denied', 'not-tried', AGENTS.firefox)).toBe(words.mend_denied);
  expect(how_to_mend('no-service', 'not-tried', AGENTS.chrome)).toBe(words.push_no_service);
  expect(how_to_mend('on', 'silent', AGENTS.chrome)).toBe(words.mend_silent_chrome);
  expect(how_to_mend('on', 'silent', AGENTS.edge)).toBe(words.mend_silent);
  expect(how_to_mend('on', 'unreachable', AGENTS.firefox)).toBe(words.mend_unreachable);
  expect(how_to_mend('on', 'gone', AGENTS.firefox)).toBe(words.push_unreached);
});
