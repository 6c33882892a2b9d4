/** What keeps notifications from coming, and what to do about it, in words for this phone and browser. */
import type { PushState } from '../../api/push';
import type { Both } from '../../i18n/index.svelte';
import { words } from './texts';

/** A trial: `came` is the only success; the service's word alone is `silent`. */
export type Trial = 'not-tried' | 'under-way' | 'came' | 'silent' | 'gone' | 'refused' | 'unreachable';

export type Phone = 'wechat' | 'iphone' | 'android-chrome' | 'other';

/** What kind of phone and browser this is, as far as mending differs. */
export function phone_of(agent: string): Phone {
  if (/MicroMessenger|DingTalk|Lark|QQ\//.test(agent)) return 'wechat';
  if (/iPhone|iPad/.test(agent)) return 'iphone';
  if (/Android/.test(agent) && /Chrome\//.test(agent) && !/EdgA|SamsungBrowser|Firefox/.test(agent)) return 'android-chrome';
  return 'other';
}

/** The state in two words: that of the trial where there was one. */
export function trial_words(push: PushState, trial: Trial): Both {
  if (push !== 'on') return push === 'off' ? words.is_off : words.impossible;
  if (trial === 'came') return words.works;
  if (trial === 'under-way') return words.under_way;
  return trial === 'not-tried' ? words.not_tried : words.did_not_come;
}

export function push_tone(push: PushState, trial: Trial): 'ok' | 'amber' | 'alert' | 'quiet' {
  if (push !== 'on') return push === 'off' ? 'amber' : 'alert';
  if (trial === 'came') return 'ok';
  return trial === 'not-tried' || trial === 'under-way' ? 'quiet' : 'alert';
}

/** What to do next, or nothing where all is well. */
export function how_to_mend(push: PushState, trial: Trial, agent: string): Both | undefined {
  const phone = phone_of(agent);
  if (push === 'unsupported') return phone === 'wechat' ? words.mend_wechat : words.push_unsupported;
  if (push === 'install-first') return phone === 'wechat' ? words.mend_wechat : words.push_install;
  if (push === 'denied') return phone === 'iphone' ? words.mend_denied_iphone : words.mend_denied;
  if (push === 'no-service') return words.push_no_service;
  if (push === 'off') return words.push_off;
  if (trial === 'came' || trial === 'under-way') return undefined;
  if (trial === 'silent') return phone === 'android-chrome' ? words.mend_silent_chrome : words.mend_silent;
  if (trial === 'not-tried') return words.try_now;
  return trial === 'unreachable' ? words.mend_unreachable : words.push_unreached;
}
