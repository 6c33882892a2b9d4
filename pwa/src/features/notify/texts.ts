/** The words of messages and notifications. */
import { texts } from '../../i18n/index.svelte';

export const words = texts({
  messages: ['消息', 'Messages'],
  none: ['还没有消息', 'No messages yet'],
  none_hint: ['新任务、审核结果和附近的协查会出现在这里。', 'New tasks, review results and alerts nearby will appear here.'],
  live_alerts: ['正在协查', 'Live alerts'],
  recalled: ['协查已撤回', 'Alert withdrawn'],
  more: ['更早的消息', 'Earlier messages'],
  away: ['离我 {distance}', '{distance} away'],
  push: ['手机通知', 'Notifications'],
  push_on: ['已开启：锁屏也能收到', 'On: they reach you on the lock screen too'],
  push_off: ['开启后，附近有人走失时能及时知道', 'Turn on to hear at once when someone nearby is missing'],
  push_denied: ['手机设置里关掉了通知，请到浏览器或系统设置中打开。', 'Notifications are blocked. Please allow them in the browser’s or phone’s settings.'],
  push_unsupported: ['这个浏览器不支持通知；打开应用时仍会收到。', 'This browser has no notifications; while the app is open you still hear everything.'],
  push_install: ['苹果手机请先“添加到主屏幕”，从主屏幕打开后再开启。', 'On an iPhone, first “Add to Home Screen”, open it from there, then turn this on.'],
  push_take: ['开启通知', 'Turn on'],
  push_drop: ['关闭', 'Turn off'],
  push_test: ['发一条试试', 'Send a test'],
  push_unreached: ['推送服务没有收下，请关闭后再开启一次', 'The push service did not take it. Please turn it off and on again'],
  push_tested: ['已请服务器发一条，几秒内应出现', 'A test is on its way; it should appear within seconds'],
});
