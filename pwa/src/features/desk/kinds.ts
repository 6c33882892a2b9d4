/** How the desk names kinds and states, and what it says about each thing that waits. */
import type { DeskTodo, TaskKind } from '../../api/types';
import { relative } from '../../i18n/format';
import { is_english, t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

const kinds: Record<TaskKind, Both> = {
  patrol: words.kind_patrol,
  fixed_post: words.kind_fixed_post,
  prevention_talk: words.kind_prevention_talk,
  mediation: words.kind_mediation,
  visit: words.kind_visit,
  help_request: words.kind_help_request,
  free_patrol: words.kind_free_patrol,
};

export function kind_name(kind: string): string {
  return t(kinds[kind as TaskKind] ?? words.task);
}

const states: Record<string, Both> = {
  draft: words.state_draft,
  in_review: words.state_in_review,
  published: words.state_published,
  active: words.state_active,
  awaiting_review: words.state_awaiting_review,
  closed: words.state_closed,
  cancelled: words.state_cancelled,
  accepted: words.state_accepted,
  partial: words.state_partial,
  rejected: words.state_rejected,
};

export type Tone = 'brand' | 'night' | 'amber' | 'alert' | 'ok' | 'quiet';

const tones: Record<string, Tone> = {
  draft: 'amber',
  in_review: 'amber',
  published: 'brand',
  active: 'ok',
  awaiting_review: 'amber',
  accepted: 'ok',
  partial: 'quiet',
  rejected: 'alert',
};

export function state_name(state: string): string {
  const found = states[state];
  return found ? t(found) : state;
}

export function state_tone(state: string): Tone {
  return tones[state] ?? 'quiet';
}

export interface TodoWords {
  text: string;
  href: string;
  tone: 'alert' | 'amber';
}

/** The sentence for something that waits, and where it is dealt with. */
export function todo_words(todo: DeskTodo): TodoWords {
  const count = Number(todo.params['count'] ?? 1);
  switch (todo.code) {
    case 'alerts-live':
      return { text: t(words.todo_alerts_live, { count }), href: '/desk/alerts', tone: 'alert' };
    case 'alerts-to-approve':
      return { text: t(words.todo_alerts_to_approve, { count }), href: '/desk/alerts', tone: 'alert' };
    case 'patrols-to-review':
      return { text: t(words.todo_patrols_to_review, { count }), href: '/desk/review', tone: 'amber' };
    case 'appeals-to-decide':
      return { text: t(words.todo_appeals, { count }), href: '/desk/review?state=appealed', tone: 'amber' };
    case 'reports-to-read':
      return { text: t(words.todo_reports, { count }), href: '/desk/reports', tone: 'amber' };
    case 'drafts-to-review':
      return { text: t(words.todo_drafts_to_review, { count }), href: '/desk/tasks?state=draft', tone: 'amber' };
    case 'task-short': {
      const [first, second] = is_english() ? ['title_en', 'title_zh'] : ['title_zh', 'title_en'];
      const title = String(todo.params[first!] || todo.params[second!] || '');
      return { text: t(words.todo_task_short, { title, when: relative(todo.at) }), href: `/desk/tasks/${todo.id}`, tone: 'amber' };
    }
    default:
      return { text: t(words.todo_other), href: '/desk', tone: 'amber' };
  }
}
