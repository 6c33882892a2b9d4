/** What to say for each problem code: what happened, what to do, and that nothing is lost, in both languages. */
import { OfflineError, ProblemError, type FieldProblem } from '../api/problem';
import { t_with, type Both } from './index.svelte';

const problems: Record<string, Both> = {
  // every feature
  'not-found': ['没有找到。它可能已被删除，或不在你的辖区。', 'Not found. It may be gone, or lie outside your area.'],
  'not-allowed': ['你的身份不能做这件事。需要的话，请联系社区负责人。', 'Your role does not cover this. If you need it, ask your community lead.'],
  'not-signed-in': ['登录已过期，请重新登录。没有发出的记录还在这部手机里。', 'You are signed out. Please sign in again; what was not sent is still on this phone.'],
  conflict: ['有人同时改动了它。请刷新后再试。', 'Someone changed this at the same time. Refresh and try again.'],
  'stale-version': ['有人刚刚改过它。已为你取来最新内容，请看过再改。', 'Someone just changed it. The newest version is here; look before you change it.'],
  'rate-limited': ['有点太快了，请 {retry_after_s} 秒后再试。', 'A little too fast. Please try again in {retry_after_s} s.'],
  'invalid-fields': ['有几处需要改一下，见下方红字。', 'Some fields need another look; see the notes below them.'],
  'method-not-allowed': ['应用与服务器版本不一致，请刷新页面。', 'The app and the server differ in version. Please reload the page.'],
  'server-error': ['服务器出了点问题，我们会查。请稍后再试。', 'Something broke on our side and will be looked into. Please try again shortly.'],
  'internal-error': ['服务器出了点问题，我们会查。请稍后再试。', 'Something broke on our side and will be looked into. Please try again shortly.'],
  'payload-too-large': ['文件太大了，请换一张小一些的。', 'The file is too large. Please choose a smaller one.'],
  'csrf-failed': ['页面放得太久了，请刷新后再试。', 'This page has been open too long. Reload it and try again.'],
  // people and sessions
  'wrong-credentials': ['手机号或密码不对，请再核对一下。', 'The phone number or the password does not match. Please check both.'],
  'second-factor-required': ['请再输入动态验证码。', 'Please also enter the code from your authenticator.'],
  'too-many-attempts': ['试了太多次，请过几分钟再试。', 'Too many attempts. Please wait a few minutes.'],
  'reauthentication-required': ['这一步要再确认一次密码。', 'This step needs your password once more.'],
  'phone-taken': ['这个手机号已经注册过，请直接登录。', 'This phone number is already registered. Please sign in.'],
  'invite-unknown': ['没有这个邀请码。请向队长再要一次。', 'This invite code is not known. Please ask your team leader again.'],
  'invite-code-unknown': ['没有这个邀请码。请向队长再要一次。', 'This invite code is not known. Please ask your team leader again.'],
  'too-young': ['未满 14 周岁暂不能参加。谢谢你的心意！', 'You need to be at least 14 to take part. Thank you for wanting to help!'],
  'account-disabled': ['这个账号已停用，请联系社区。', 'This account is disabled. Please contact your community.'],
  'demo-off': ['这里没有开启演示登录。', 'Demo sign-in is off here.'],
  // tasks
  'seat-taken': ['最后一席刚被抢走了。看看附近这几个。', 'The last seat was just taken. Have a look at these nearby.'],
  'already-holding': ['这个任务你已经接了，在“巡逻”里可以看到。', 'You already hold this task; you will find it under Patrol.'],
  'too-many-holds': ['手上已有 {limit} 个任务，先完成或释放一个吧。', 'You already hold {limit} tasks. Finish or release one first.'],
  overlapping: ['这段时间你已有别的任务，请换一个时段。', 'You already have a task at that time. Please choose another.'],
  'not-verified': ['完成实名后才能接单，请联系社区。', 'You can take tasks once your identity is verified. Please contact your community.'],
  'task-closed': ['这个任务已经结束或取消了。', 'This task has ended or was cancelled.'],
  'task-not-open': ['这个任务已经结束或取消了。', 'This task has ended or was cancelled.'],
  'assignment-closed': ['这个接单已经结束，不能再改。', 'This assignment is over and cannot be changed.'],
  'not-releasable': ['已经出发的任务不能释放，请结束巡逻。', 'A task that has started cannot be released; finish the patrol instead.'],
  'illegal-move': ['它的状态已经变了，这一步不再需要。请刷新看看。', 'Its state has changed and this step no longer applies. Please refresh.'],
  // patrols
  'consent-required': ['巡逻要记录位置，需要你先同意。', 'A patrol records where you are, so it needs your consent first.'],
  'already-patrolling': ['你已在另一场巡逻中，先结束它吧。', 'You are already on a patrol. Finish that one first.'],
  'patrol-over': ['这场巡逻已经结束。', 'This patrol is already over.'],
  'outside-patrol': ['这个位置不在巡逻时间内，没有保存。', 'This position lies outside the patrol and was not kept.'],
  'hold-expired': ['保留时间已过，席位已放回。可以再抢一次。', 'The hold ran out and the seat was given back. You may take it again.'],
  'own-patrol': ['不能审核自己参加的巡逻，请同事来审。', 'You cannot review a patrol you walked; ask a colleague.'],
  // points and rewards
  'not-enough-points': ['积分不够：需要 {needed} 分，现有 {balance} 分。', 'Not enough points: it costs {needed}, you have {balance}.'],
  'out-of-stock': ['刚刚兑完了。看看别的吧。', 'It has just run out. Have a look at the others.'],
  'cap-reached': ['每人可换的份数已满。', 'You have reached the limit per person.'],
  'voucher-unknown': ['没有这张券，请核对数字。', 'No such voucher. Please check the digits.'],
  'voucher-already-redeemed': ['这张券已经核销过了。', 'This voucher has already been used.'],
  'voucher-other-merchant': ['这张券是别家商户的。', 'This voucher belongs to another merchant.'],
  'qr-expired': ['二维码已过期，请顾客刷新后再扫。', 'The QR code has expired. Ask the customer to refresh it.'],
  // alerts
  'alert-withdrawn': ['这条协查已撤回，请不要再转述。', 'This alert has been withdrawn. Please do not pass it on.'],
  'same-person': ['拟稿人不能批准自己的协查，请另一位审批人来批。', 'Whoever wrote the alert cannot approve it. Ask another approver.'],
  'photo-refused': ['这不是能用的照片，请换一张 JPEG 或 PNG。', 'This is not a usable photo. Please choose a JPEG or PNG.'],
  'photo-too-large': ['照片太大，请换一张小一些的。', 'The photo is too large. Please choose a smaller one.'],
  // planning
  'no-incidents': ['这个时段没有警情可参考，请换时段或先导入。', 'There are no incidents for this window. Choose another, or import some.'],
  'start-off-map': ['出发点不在地图的道路附近，请重新点选。', 'The start lies too far from any street. Please pick it again.'],
};

const general: Both = ['没有成功，请稍后再试。', 'That did not work. Please try again shortly.'];
const offline: Both = ['连不上网络，没有发出。联网后请再试一次。', 'No connection: it was not sent. Try again when you are online.'];
const quote: Both = ['（编号 {request_id}）', ' (reference {request_id})'];

const field_codes: Record<string, Both> = {
  required: ['请填写', 'Please fill this in'],
  missing: ['请填写', 'Please fill this in'],
  'too-short': ['太短了', 'Too short'],
  'too-long': ['太长了', 'Too long'],
  'too-small': ['太小了', 'Too small'],
  'too-large': ['太大了', 'Too large'],
  'too-early': ['时间太早了', 'Too early'],
  'too-late': ['时间太晚了', 'Too late'],
  invalid: ['请检查这一项', 'Please check this'],
};

/** Whether a code has its own sentence, not only the general one. */
export function has_words(code: string): boolean {
  return code in problems;
}

/** Every code that has a sentence, for the test that compares them with the server's. */
export const known_codes: readonly string[] = Object.keys(problems);

/** One kind sentence for whatever went wrong. */
export function problem_text(error: unknown): string {
  if (error instanceof OfflineError) return t_with(offline, {});
  if (!(error instanceof ProblemError)) return t_with(general, {});
  const words = problems[error.code];
  if (words) return t_with(words, { limit: 2, retry_after_s: 60, ...error.params });
  return t_with(general, {}) + (error.request_id ? t_with(quote, { request_id: error.request_id }) : '');
}

/** The sentence for a problem code alone (an entry refused while it waited in the outbox). */
export function code_text(code: string, params: Record<string, unknown> = {}): string {
  return t_with(problems[code] ?? general, { limit: 2, retry_after_s: 60, ...params });
}

/** What to write under a field, or nothing when it is in order. */
export function field_text(error: unknown, field: string): string | undefined {
  if (!(error instanceof ProblemError)) return undefined;
  const found = error.fields.find((each) => each.field === field || each.field.endsWith(`.${field}`));
  return found && words_of(found);
}

function words_of(found: FieldProblem): string {
  const words = field_codes[found.code];
  return words ? t_with(words, {}) : (found.message ?? t_with(field_codes['invalid']!, {}));
}
