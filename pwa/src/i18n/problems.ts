/** What to say for each problem code: what happened, what to do, and that nothing is lost, in both languages. */
import { OfflineError, ProblemError, type FieldProblem } from '../api/problem';
import { settings } from '../app/settings.svelte';
import { moment } from './format';
import { t_with, type Both } from './index.svelte';

const problems: Record<string, Both> = {
  // every feature
  'not-found': ['没有找到。它可能已被删除，或不在你的辖区。', 'Not found. It may be gone, or lie outside your area.'],
  'not-allowed': ['你的身份不能做这件事。需要的话，请联系社区负责人。', 'Your role does not cover this. If you need it, ask your community lead.'],
  'not-signed-in': ['登录已过期，请重新登录。没有发出的记录还在这部手机里。', 'You are signed out. Please sign in again; what was not sent is still on this phone.'],
  conflict: ['它的状态已经变了，这一步不再需要。请刷新看看。', 'Its state has changed and this step no longer applies. Please refresh.'],
  gone: ['它已经结束了。', 'This is over.'],
  'stale-version': ['有人刚刚改过它。已为你取来最新内容，请看过再改。', 'Someone just changed it. The newest version is here; look before you change it.'],
  'rate-limited': ['有点太快了，请 {retry_after_s} 秒后再试。', 'A little too fast. Please try again in {retry_after_s} s.'],
  'invalid-fields': ['有几处需要改一下：{reasons}', 'Something needs another look: {reasons}'],
  'bad-request': ['这个请求服务器看不懂，请刷新页面再试。', 'The server could not read this request. Please reload the page and try again.'],
  'csrf-failed': ['页面放得太久了，请刷新后再试。', 'This page has been open too long. Reload it and try again.'],
  internal: ['服务器出了点问题，我们会查。请稍后再试。', 'Something broke on our side and will be looked into. Please try again shortly.'],
  'server-error': ['服务器出了点问题，我们会查。请稍后再试。', 'Something broke on our side and will be looked into. Please try again shortly.'],
  'not-ready': ['服务器正在启动，请过一会儿再试。', 'The server is starting. Please try again in a moment.'],
  unavailable: ['这项功能暂时用不了，请稍后再试。', 'This part is not available right now. Please try again later.'],
  'method-not-allowed': ['应用与服务器版本不一致，请刷新页面。', 'The app and the server differ in version. Please reload the page.'],
  'budget-short': ['积分预算不够：这次要答应 {points} 分，已答应 {promised} 分还没发，预算只剩 {left} 分，还差 {missing} 分。请减少积分或名额，或请管理员补充预算。', 'The points budget is too small: this promises {points} points, {promised} are promised already, {left} are left; {missing} are missing. Lower the points or the seats, or ask an administrator to add a budget.'],
  // people and sessions
  'wrong-credentials': ['手机号或密码不对，请再核对一下。', 'The phone number or the password does not match. Please check both.'],
  'second-factor-required': ['请再输入动态验证码。', 'Please also enter the code from your authenticator.'],
  'digits-used': ['这组验证码已经用过了，等它变成下一组再输入。', 'This code was used already. Wait for the next one.'],
  'key-refused': ['这个密钥不能用，或没有这个权限。', 'This key does not work, or may not do this.'],
  'too-many-robots': ['工作群已经够多了（{most} 个），先移除一个再加。', 'There are {most} groups already. Remove one first.'],
  'too-many-webhooks': ['通知地址已经够多了（{most} 个），先移除一个再加。', 'There are {most} webhooks already. Remove one first.'],
  // a warning from another system, or a proposal for a plan
  'proposal-decided': ['这条协查信息已经有人处理，或已撤回。', 'Someone has decided on this warning already, or it was taken back.'],
  'plan-proposal-decided': ['这条调整建议已经处理过，或方案又变了；请看现在的方案。', 'This change was decided on already, or the plan has moved on; look at the plan as it is now.'],
  'second-factor-missing': ['这个账号需要先绑定动态验证码，请联系管理员。', 'This account needs an authenticator first. Please ask your administrator.'],
  'needs-second-factor': ['这个账号还没有验证器，不能给这个身份。请先点下面的“绑定验证器”。', 'This account has no authenticator yet, so it cannot be given that role. Set one up below first.'],
  'reauthentication-required': ['这一步要再确认一次密码。', 'This step needs your password once more.'],
  'too-many-attempts': ['试了太多次，请过几分钟再试。', 'Too many attempts. Please wait a few minutes.'],
  'too-young': ['未满 {age_min} 周岁暂不能参加。谢谢你的心意！', 'You need to be at least {age_min} to take part. Thank you for wanting to help!'],
  'phone-taken': ['这个手机号已经有账号了。请直接登录；忘了密码，请找社区管理员重设。', 'This number has an account already. Sign in with it; if you forgot the password, your community’s administrator can renew it.'],
  'team-name-taken': ['这里已经有一支叫“{name}”的队伍，请换一个名字。', 'There is a team called “{name}” here already. Choose another name.'],
  // hotspots
  'no-incidents': ['本区还没有警情，请先导入。', 'This district has no incidents yet. Please import some first.'],
  // tasks
  'seat-taken': ['最后一席刚被抢走了。看看附近这几个。', 'The last seat was just taken. Have a look at these nearby.'],
  'already-holding': ['这个任务你已经接了，在“巡逻”里可以看到。', 'You already hold this task; you will find it under Patrol.'],
  'too-many-holds': ['手上最多 {most} 个任务，先完成或释放一个吧。', 'You can hold {most} tasks at most. Finish or release one first.'],
  overlapping: ['这段时间你已有别的任务，请换一个时段。', 'You already have a task at that time. Please choose another.'],
  'not-verified': ['完成实名后才能接单，请联系社区。', 'You can take tasks once your identity is verified. Please contact your community.'],
  'adults-only': ['夜间任务只限成年人，看看白天的吧。', 'Night tasks are for adults. Have a look at the daytime ones.'],
  'task-closed': ['这个任务已经结束或取消了。', 'This task has ended or was cancelled.'],
  'task-state': ['任务的状态已经变了，请刷新看看。', 'The task is at another step by now. Please refresh.'],
  'assignment-state': ['这一席的状态已经变了，请刷新看看。', 'Your seat is at another step by now. Please refresh.'],
  'too-early': ['还没到时间，{opens_at} 起可以出发。', 'It is not time yet; you can start from {opens_at}.'],
  // patrols
  'consent-required': ['巡逻要记录位置，需要你先同意。', 'A patrol records where you are, so it needs your consent first.'],
  'already-patrolling': ['你已在另一场巡逻中，先结束它吧。', 'You are already on a patrol. Finish that one first.'],
  'not-patrolling': ['这场巡逻已经结束了。', 'This patrol is already over.'],
  'patrol-running': ['还有人在走，走完再审。', 'People are still walking it; review it when they are done.'],
  'already-reviewed': ['这场巡逻已经有人审过了。', 'This patrol has been reviewed already.'],
  'own-patrol': ['不能审核自己参加的巡逻，请同事来审。', 'You cannot review a patrol you walked; ask a colleague.'],
  'not-leader': ['这一步由带队人来做。', 'Only the leader of the patrol can do this.'],
  'night-team-needed': [
    '夜间至少 {people_min} 人同行，其中 {experienced_min} 位走过几次。请同伴接一个名额，或扫一下他的同行码再出发。',
    'At night at least {people_min} walk together, {experienced_min} of them experienced. Ask a mate to take a seat, or scan their companion code, then start.',
  ],
  'leader-not-walking': ['带队人还没有出发，或他的手机还没联网。会自动再试。', 'They have not set out yet, or their phone is offline. It will be tried again.'],
  'companion-busy': ['{name}正在另一场巡逻中。', '{name} is on another patrol.'],
  'companion-code-expired': ['这个同行码太旧了，请同伴重新打开应用再扫。', 'This companion code is too old. Ask your mate to open the app again.'],
  'patrol-over': ['这场巡逻已经结束了。', 'This patrol is already over.'],
  'no-seat-free': ['这个任务的名额满了。', 'This task has no free seat any more.'],
  'own-team': ['这是你同队的巡逻，请别的队的同事来审。', 'This is a patrol of your own team; a colleague of another team reviews it.'],
  'same-reviewer': ['申诉要由另一位同事复核。', 'Somebody else than the first reviewer decides an appeal.'],
  'appeal-closed': ['这个结果现在不能申诉了（已过 7 天，或已经复核过）。', 'This verdict cannot be appealed any more (a week has passed, or it was decided).'],
  'entry-unreadable': ['手机里有一条记录打不开了，没有上传。', 'A record on this phone cannot be opened any more and was not sent.'],
  'sos-over': ['这次求助已经结束了。', 'This call for help is over.'],
  // points and rewards
  'not-enough-points': ['积分不够：需要 {needed} 分，现有 {balance} 分。', 'Not enough points: it costs {needed}, you have {balance}.'],
  'out-of-stock': ['刚刚兑完了。看看别的吧。', 'It has just run out. Have a look at the others.'],
  'cap-reached': ['每人可换的份数已满。', 'You have reached the limit per person.'],
  'offer-not-found': ['没有这项兑换了。', 'This offer no longer exists.'],
  'offer-not-available': ['这项兑换现在停了，看看别的吧。', 'This offer is paused. Have a look at the others.'],
  'voucher-unknown': ['本店没有这张券。请核对 8 位数字，也看看券上写的是不是本店。', 'This shop has no such voucher. Please check the 8 digits, and whether the voucher names this shop.'],
  'voucher-already-redeemed': ['这张券在 {at} 已经核销过了。', 'This voucher was already used at {at}.'],
  'voucher-other-merchant': ['这张券是别家商户的，券没有动，请顾客到那家用。', 'This voucher belongs to another merchant. It is untouched and can be used there.'],
  'voucher-not-usable': ['这张券已经不能用了（过期或已退回）。', 'This voucher cannot be used any more (expired or refunded).'],
  'voucher-conflict': ['这次兑换和之前的不一致，请刷新后再试。', 'This does not match the earlier request. Refresh and try again.'],
  'qr-expired': ['二维码过了时间，可能是截图。请顾客打开这张券，等新的二维码出来再扫，或报 8 位数字。', 'This QR code is out of time; perhaps it is a screenshot. Ask the customer to open the voucher and scan the new code, or type its 8 digits.'],
  'qr-used': ['这个二维码已经用过一次。请顾客打开这张券，等新的二维码出来再扫，或报 8 位数字。', 'This QR code was used once already. Ask the customer to open the voucher and scan the new code, or type its 8 digits.'],
  'redemption-unknown': ['本店没有这次核销。', 'This shop has no such redemption.'],
  'undo-too-late': ['只能在 5 分钟内撤销（{until} 前）。', 'It could be undone for five minutes, until {until}.'],
  'branch-closed': ['这台手机设在已停业的门店。请回到商户页，选现在所在的门店，再扫一次。', 'This phone is set to a branch that is closed. Go back to the shop, choose the branch you are at, and scan again.'],
  'merchant-not-open': ['本店已暂停或关闭，现在不能核销。', 'This shop is suspended or closed and cannot redeem now.'],
  'own-signal': ['这一条和你有关，请另一位管理员来看。', 'You are in this one yourself. Please let another administrator look at it.'],
  'signal-closed': ['已经有人看过这一条，并写下了另一种结论。', 'Someone has looked at this already and came to another conclusion.'],
  'no-security-scene': ['平时不显示各队的参与情况；宣布安保场景后才有。', 'Activity by team is not shown in ordinary times, only while a security scene holds.'],
  'own-team-thanked': ['感谢自己的队，请让队外的人来说。', 'This is your own team; let somebody outside it say thanks.'],
  'licence-taken': ['这个执照号已经登记过了。', 'This licence number is registered already.'],
  'merchant-state-conflict': ['这家店现在的状态不能这样做。', 'The state of this shop does not allow that.'],
  'settlement-not-found': ['没有这张对账单。', 'There is no such statement.'],
  'settlement-state': ['对账单现在的状态不能这样做，请刷新后再看。', 'The statement’s state does not allow that now. Look again.'],
  'reviewer-of-the-team': ['不能审核自己队伍的人，请换一位。', 'Nobody judges their own team. Ask somebody else.'],
  'not-owner': ['只有店主可以这样做。', 'Only the owner of the shop may do this.'],
  'qr-invalid': ['这不是兑换券的二维码。请顾客打开“我的兑换券”，扫那里的码。', 'This is not a voucher’s QR code. Ask the customer to open “My vouchers” and scan the code there.'],
  // alerts
  'alert-withdrawn': ['这条协查已撤回，请不要再转述。', 'This alert has been withdrawn. Please do not pass it on.'],
  'alert-expired': ['设定的时间已过，请重新拟一条。', 'The time set for this alert has passed; compose a new one.'],
  'alert-state': ['协查已到别的步骤，请刷新看看。', 'The alert is at another step by now. Please refresh.'],
  'not-composer': ['只有拟稿人能改这条协查。', 'Only its composer can change this alert.'],
  'not-alone': ['只有走失的孩子或老人，才能一人签发。', 'Only an alert about a missing child or elder may go out on one signature.'],
  'sighting-step': ['这一步已经有人记过了，请刷新看看。', 'This was noted already. Please look again.'],
  'sighting-merged': ['这条发现已并入另一条，请在那一条上继续。', 'This sighting was merged with another; go on with that one.'],
  'same-person': ['拟稿人不能批准自己的协查，请另一位审批人来批。', 'Whoever wrote the alert cannot approve it. Ask another approver.'],
  'photo-consent-required': ['你还没有同意使用照片，这张没有收下。同意后再拍一张就好。', 'You have not agreed to the use of photos, so this one was not taken. Agree, then take another.'],
  'report-wording-first': ['这条线索里有“{words}”这样的说法，请先受理、看过措辞，再往下办。', 'This report says “{words}”: take it up and look at its wording before it goes on.'],
  'feedback-closed': ['对方已经办结了，不用再答复。', 'The person has settled this; it needs no other answer.'],
  'not-answered': ['还没有答复，先等一等。', 'It has no answer yet; please wait for it.'],
  'own-feedback': ['这是你自己说的，要别人来答复。', 'You sent this yourself; somebody else answers it.'],
  'photo-not-readable': ['这个文件打不开，不是照片。请换一张 JPEG、PNG 或 WebP 照片。', 'This file cannot be opened as a photo. Please choose a JPEG, PNG or WebP photo.'],
  'report-over': ['这条线索已经处理到下一步了，请刷新。', 'This report has come further already; look again.'],
  'report-photos-full': ['一条线索最多四张照片。', 'A report has four photos at most.'],
  'upload-out-of-step': ['这张照片正在从另一个页面上传，稍后自动再试。', 'Another page is sending this photo; it is tried again by itself.'],
  'body-too-large': ['传的东西太大了，请换小一点的文件。', 'This is too large to send. Please choose a smaller file.'],
  'photo-too-large': ['照片超过 15 MB，请换一张小一点的。', 'The photo has more than 15 MB. Please choose a smaller one.'],
  'photo-too-many-pixels': [
    '照片超过 4000 万像素。请把相机调到普通清晰度再拍，或换一张。',
    'The photo has more than 40 million pixels. Take it again at your camera’s normal quality, or choose another.',
  ],
  // incidents
  'import-too-large': ['文件超过 64 MB。请按时间分成两次导出、两次导入。', 'The file is over 64 MB. Export a shorter time and import twice.'],
  'import-empty': ['文件是空的，请重新导出。', 'The file is empty. Please export it again.'],
  'import-state': ['这次导入已到别的步骤，请刷新看看。', 'This import is at another step by now. Please refresh.'],
  'import-file-gone': ['文件已删除（导入后，或满一天后）。需要的话，请再选一次文件。', 'The file was deleted, after its import or after a day. If you need it, choose the file once more.'],
  'import-read-again': ['文件又检查过一次，请先看新的结果。', 'The file was checked again. Please look at the new result first.'],
  // planning
  'plan-state': ['方案已到别的步骤，请刷新看看。', 'The plan is at another step by now. Please refresh.'],
  'plan-changed': ['同事刚改了这个方案，已为你取来最新的。', 'A colleague just changed this plan; here is the newest.'],
  'plan-file-refused': ['这个文件不能当作方案，什么都没有导入。', 'This file cannot be taken as a plan; nothing was imported.'],
  'plan-does-not-fit': ['这样走不完，没有改动。试试少一个点位，或换一支队。', 'That would not fit the time; nothing was changed. Try one stop fewer, or another team.'],
  'stop-gone': ['这个点位已不在方案里了。', 'This stop is no longer on the plan.'],
  'nothing-to-undo': ['没有可以撤销的改动了。', 'There is nothing left to take back.'],
  'route-taken': ['{team} 队的路线已有人接，不再改动。', 'Somebody took the route of team {team}; it stays as it is.'],
  'part-out-of-order': ['文件没有接上，请重新上传。', 'The parts of the file do not follow each other. Please upload it again.'],
  'import-over': ['这次导入已经结束，请重新开始。', 'This import has ended. Please begin a new one.'],
  'streets-missing': ['这个辖区还没有道路地图，请联系管理员。', 'This district has no street map yet. Please ask your administrator.'],
};

const general: Both = ['没有成功，请稍后再试。', 'That did not work. Please try again shortly.'];
const offline: Both = ['连不上网络，没有发出。联网后请再试一次。', 'No connection: it was not sent. Try again when you are online.'];
const quote: Both = ['（编号 {request_id}）', ' (reference {request_id})'];

const field_codes: Record<string, Both> = {
  missing: ['请填写', 'Please fill this in'],
  invalid: ['请检查这一项', 'Please check this'],
  'names-a-door': ['写集合处，不写门牌和电话；到场再当面告诉接单的人', 'Name where people meet, no door and no telephone; tell that to those who took it'],
  'wrong-password': ['现在的密码不对', 'This is not your present password'],
  unknown: ['没有这一项，请核对', 'Not known; please check'],
  'too-short': ['太短了', 'Too short'],
  'too-many': ['已经够多了，先去掉一些再加', 'There are enough; take some away first'],
  'too-long': ['太长了', 'Too long'],
  'out-of-range': ['超出了范围', 'Out of range'],
  'consent-needed': ['孩子的照片要监护人同意才能发出，请先记下同意，或不用照片', 'A child’s photo needs a guardian’s consent: note it, or leave the photo out'],
  'needed-at-the-end': ['最后一步要写结果', 'The last step needs an outcome'],
  'outside-area': ['不在这个辖区里', 'Outside this area'],
  'already-there': ['它已在路线上，移动它就好', 'It is on a route already; move it instead'],
  'never-a-target': ['学校、诊所、宗教场所不作点位，请点远一些', 'Schools, clinics and places of worship are never a stop; tap further off'],
  'off-streets': ['离街道太远，请点在街道边', 'Too far from any street; tap beside one'],
  'no-stops': ['这条路线没有点位', 'This route has no stops'],
  past: ['时间已经过去了', 'This time has passed'],
  'in-future': ['时间还没有到', 'This time has not come yet'],
  'too-long-ago': ['时间太早了，请重新开始', 'Too long ago; please start anew'],
  'longer-than-window': ['比时间段还长', 'Longer than the time window'],
  'unknown-code': ['这不是同行码，请扫同伴手机上的码', 'Not a companion code; scan the one on your mate’s phone'],
  'own-code': ['这是你自己的码，请扫同伴的', 'This is your own code; scan your mate’s'],
  'not-a-track': ['这个文件读不出轨迹，请重新导出 GPX', 'No track can be read from this file; export it anew as GPX'],
  'not-walking': ['请选正在同行的人', 'Choose somebody who walks with you'],
  'checkpoint-code-unknown': ['不认识这个签到码，可以改拍一张照片', 'This checkpoint code is not known; take a photo instead'],
  'not-used': ['这个签到点没有这种码', 'This checkpoint has no such code'],
  'robot-unknown': ['请粘贴企业微信、钉钉或飞书群机器人给出的完整地址', 'Paste the whole address that WeCom, DingTalk or Feishu shows for the robot'],
  private: ['这是内部网络的地址，要由运维放行', 'This is inside a private network; operations can allow it'],
  scheme: ['要以 https:// 开头', 'Begin with https://'],
  unreadable: ['地址写得不对，请写 https://…', 'Write it as https://…'],
  wording: ['请换一种说法：只写衣着和行为', 'Please word it differently: clothing and behaviour only'],
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
  const { zh, en } = error.params;
  if (typeof zh === 'string' && typeof en === 'string') return t_with([zh, en], {});
  const words = problems[error.code];
  if (words) return t_with(words, spoken({ ...error.params, reasons: reasons_of(error.fields) }));
  return t_with(general, {}) + (error.request_id ? t_with(quote, { request_id: error.request_id }) : '');
}

/** The sentence for a problem code alone (an entry refused while it waited in the outbox). */
export function code_text(code: string, params: Record<string, unknown> = {}): string {
  return t_with(problems[code] ?? general, spoken(params));
}

/** What to write under a field, or nothing when it is in order. */
export function field_text(error: unknown, field: string): string | undefined {
  if (!(error instanceof ProblemError)) return undefined;
  const found = error.fields.find((each) => each.field === field || each.field.endsWith(`.${field}`));
  return found && words_of(found);
}

/** Parameters as they are said: moments in the area's clock, and a wait where none was named. */
function spoken(params: Record<string, unknown>): Record<string, unknown> {
  const said: Record<string, unknown> = { retry_after_s: 60 };
  for (const [name, value] of Object.entries(params)) {
    const is_moment = (name === 'at' || name.endsWith('_at')) && typeof value === 'string';
    said[name] = is_moment && !Number.isNaN(Date.parse(value)) ? moment(value) : value;
  }
  return said;
}

function reasons_of(fields: readonly FieldProblem[]): string {
  return [...new Set(fields.map(words_of))].join(settings.locale === 'en' ? '; ' : '；');
}

function words_of(found: FieldProblem): string {
  const words = field_codes[found.code];
  return words ? t_with(words, {}) : (found.message ?? t_with(field_codes['invalid']!, {}));
}
