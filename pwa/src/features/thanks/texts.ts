/** The words of badges, thanks to teams, and the days on which it rained. */
import { texts } from '../../i18n/index.svelte';

export const words = texts({
  title: ['徽章和感谢', 'Badges and thanks'],
  hint: ['徽章记下你走过的路。没有期限，不和别人比。', 'Badges keep what you walked. No deadlines, and no comparing.'],
  earned_on: ['{when}', '{when}'],
  so_far: ['{have} / {need}', '{have} of {need}'],
  team_thanks: ['大家对你们队说', 'Said to your team'],
  no_thanks: ['还没有人留言', 'Nothing yet'],
  from: ['{name}，{when}', '{name}, {when}'],
  to_team: ['给{team}', 'To {team}'],
  // the desk
  desk_title: ['致谢', 'Thanks'],
  thank: ['感谢一支队伍', 'Thank a team'],
  thank_hint: ['全队都会收到这句话。不能感谢自己的队。', 'The whole team gets these words. Not for one’s own team.'],
  team: ['哪支队', 'Which team'],
  choose: ['请选择', 'Please choose'],
  text: ['想说的话', 'What you want to say'],
  example: ['例如：昨晚风大雨大，谢谢你们把放学路守到最后一个孩子。', 'e.g. In last night’s storm you stayed until the last child was home. Thank you.'],
  send: ['送出', 'Send'],
  sent: ['已送到全队', 'Sent to the whole team'],
  rain: ['哪天下雨', 'Days of rain'],
  rain_hint: ['当晚值守的人记一笔；那天出门的人会得到“风雨同行”。夜里算开始的那天。', 'Whoever was on duty notes it; those who walked that day get “In the rain”. A night counts to the day it began.'],
  rained: ['{day} 日，下雨', '{day}: it rained'],
  dry: ['{day} 日，没有下雨', '{day}: dry'],
  earlier: ['上个月', 'The month before'],
  later: ['下个月', 'The next month'],
});
