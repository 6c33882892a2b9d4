/** The kinds of task as the app words them. */
import type { TaskKind } from '../../api/types';
import { t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

const names: Record<TaskKind, Both> = {
  patrol: words.patrol,
  fixed_post: words.fixed_post,
  prevention_talk: words.prevention_talk,
  mediation: words.mediation,
  visit: words.visit,
  help_request: words.help_request,
  free_patrol: words.free_patrol,
};

/** A kind's name; a kind newer than this app is shown by its own code rather than not at all. */
export function kind_name(kind: string): string {
  const known = names[kind as TaskKind];
  return known ? t(known) : kind;
}

/** The kinds people can choose among in the list. */
export const listed_kinds: TaskKind[] = ['patrol', 'fixed_post', 'prevention_talk', 'mediation', 'visit', 'help_request'];

/** Kinds that concern people at home: what it is about is told where those who took it meet. */
export const told_there: readonly string[] = ['mediation', 'visit'] satisfies TaskKind[];

/** Kinds without a drawn route that are walked all the same. */
export const walks_about: readonly string[] = ['visit', 'help_request', 'free_patrol'] satisfies TaskKind[];
