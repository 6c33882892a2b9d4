/** Which screen a message opens and which picture stands before it. */
import type { Message } from '../../api/types';
import type { IconName } from '../../design/Icon.svelte';

const screens: Record<string, (id: string) => string> = {
  alert_proposal: () => '/desk/alerts',
  sos: (id) => `/sos/${id}`,
  report: () => '/reports',
  feedback: () => '/feedback',
  alert: (id) => `/alerts/${id}`,
  task: (id) => `/tasks/${id}`,
  assignment: () => '/patrol',
  patrol: (id) => `/patrols/${id}`,
  plan: (id) => `/desk/plans/${id}`,
  outlook: () => '/desk/hotspots',
  incident_import: (id) => `/desk/incidents/import/${id}`,
  sighting: () => '/desk',
  points: () => '/me/points',
  transfer: () => '/me/points',
  voucher: (id) => `/vouchers/${id}`,
  merchant: () => '/shop',
  budget: () => '/admin/budgets',
  team: () => '/me/badges',
  settlement: (id) => `/shop/statements/${id}`,
};

/** The path a message opens; a withdrawn alert opens nothing, since nothing of it may be shown. */
export function screen_of(message: Pick<Message, 'kind' | 'ref' | 'recalled'>): string | undefined {
  if (message.kind === 'alert.recall' || message.recalled) return undefined;
  if (message.kind === 'points.credited') return '/me/points';
  if (message.kind === 'settlement.answered') return `/admin/statements/${message.ref.id}`;
  if (message.kind === 'signals.new') return '/admin/signals';
  if (message.kind === 'task.published' && message.ref.kind !== 'task') return '/';
  if (message.kind === 'feedback.new' || message.kind === 'feedback.due') return '/desk/feedback';
  if (message.kind === 'report.new') return '/desk/reports';
  if (message.kind === 'review.appeal') return `/desk/review/${message.ref.id}`;
  return screens[message.ref.kind]?.(message.ref.id);
}

const icons: [prefix: string, icon: IconName][] = [
  ['sos.', 'alert'],
  ['alert.', 'alert'],
  ['sighting.', 'alert'],
  ['task.', 'tasks'],
  ['patrol.', 'patrol'],
  ['points.', 'gift'],
  ['voucher.', 'gift'],
  ['team.', 'medal'],
  ['plan.', 'map'],
  ['hotspots.', 'map'],
  ['incidents.', 'desk'],
  ['review.', 'check'],
  ['report.', 'camera'],
  ['feedback.', 'say'],
];

export function icon_of(kind: string): IconName {
  return icons.find(([prefix]) => kind.startsWith(prefix))?.[1] ?? 'messages';
}
