/** The words of certificates of service. */
import { texts } from '../../i18n/index.svelte';

export const words = texts({
  title: ['服务时长证明', 'Certificate of service'],
  hint: ['志愿者有权要一份服务证明。它写明一年里审核通过的巡逻和时长，别人凭编号可以核验。', 'Every volunteer may ask for proof of their service. It names the accepted patrols and hours of a year; anybody can check it by its code.'],
  year: ['{year} 年', '{year}'],
  served: ['{patrols} 次，{time}', '{patrols} {patrols:patrol|patrols}, {time}'],
  get: ['下载 PDF', 'Download the PDF'],
  code: ['编号', 'Code'],
  make: ['开具证明', 'Make the certificate'],
  remade: ['时长再增加时，重新开具会有新的编号；旧的仍然有效。', 'As hours grow, a new one gets a new code; the old one stays valid.'],
  link: ['核验页', 'Check page'],
  none: ['还没有可以证明的服务', 'No service to certify yet'],
  none_hint: ['走完一场巡逻、审核通过后就有了。', 'It appears once a patrol of yours is accepted.'],
  // checking
  check_title: ['核验服务证明', 'Check a certificate'],
  check_hint: ['输入证明上的编号，12 位字母和数字。', 'Type the code on the certificate: 12 letters and digits.'],
  check: ['核验', 'Check'],
  genuine: ['这份证明是真的', 'This certificate is genuine'],
  compare: ['请和纸上的内容对一对。姓名只显示一部分。', 'Please compare it with the paper. The name is shown in part.'],
  unknown: ['没有这个编号的证明', 'No certificate has this code'],
  unknown_hint: ['请再核对一次：编号里没有 0、1、I、L、O。', 'Please look again: codes have no 0, 1, I, L or O.'],
  name: ['姓名', 'Name'],
  where: ['服务地', 'Where'],
  when: ['年份', 'Year'],
  hours: ['服务时长', 'Service'],
  issued: ['开具时间', 'Made'],
});
