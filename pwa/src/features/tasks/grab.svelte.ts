/** Taking a seat: one intent, one id, however often it is tapped or the network breaks. */
import { call } from '../../api/client';
import { keep_small, kept_small } from '../../api/keep';
import { OfflineError, ProblemError } from '../../api/problem';
import { session } from '../../api/session.svelte';
import type { Assignment, TaskBrief } from '../../api/types';
import { uuid7 } from '../../api/uuid';
import { fetch_for_walk } from '../patrols/package';

export type Outcome =
  | { kind: 'held'; assignment: Assignment }
  /** Someone else was quicker; what is near instead. */
  | { kind: 'lost'; alternatives: TaskBrief[] }
  /** Nothing came back: it may or may not have been taken. Trying again with the same id settles it. */
  | { kind: 'unknown' };

const key_of = (task_id: string) => `grab ${session.user?.id} ${task_id}`;

/** The id under which an unsettled try for this task was sent, if there was one. */
export function unsettled_grab(task_id: string): Promise<string | undefined> {
  return kept_small<string>(key_of(task_id));
}

/**
 * Tries for a seat. The id is kept until the server has answered, so that a second tap, a reload or a dropped answer
 * is the same try.
 * @throws ProblemError for every refusal but the lost race.
 */
export async function grab(task_id: string): Promise<Outcome> {
  const key = key_of(task_id);
  const id = (await kept_small<string>(key)) ?? uuid7();
  await keep_small(key, id);
  try {
    const assignment = await call('POST /api/tasks/{id}/grab', { path: { id: task_id }, body: { id } });
    await keep_small(key, null);
    void fetch_for_walk({ assignment_id: assignment.id }, assignment.task?.area_id, assignment.task_id);
    return { kind: 'held', assignment };
  } catch (error) {
    if (error instanceof OfflineError) return { kind: 'unknown' };
    if (error instanceof ProblemError && !error.passing) await keep_small(key, null);
    if (error instanceof ProblemError && error.code === 'seat-taken') {
      const nearby = (error.params['alternatives'] ?? []) as TaskBrief[];
      return { kind: 'lost', alternatives: nearby.slice(0, 3) };
    }
    throw error;
  }
}
