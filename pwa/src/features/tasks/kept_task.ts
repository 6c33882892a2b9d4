/** A task as it was last seen in any kept list: what a brief shows when it was never opened online. */
import { kept_answers, type KeptAnswer } from '../../api/keep';
import { session } from '../../api/session.svelte';
import type { Assignment, Page, Task } from '../../api/types';

/** Looks in the kept task lists, then in the tasks this person holds. */
export async function kept_task(id: string): Promise<KeptAnswer | undefined> {
  const own = `${session.user?.id ?? '-'} `;
  for (const list of await kept_answers(`${own}tasks `)) {
    const found = (list.value as Page<Task>).items.find((task) => task.id === id);
    if (found) return { value: found, at_ms: list.at_ms };
  }
  for (const list of await kept_answers(`${own}my assignments`)) {
    const held = (list.value as Page<Assignment>).items.find((each) => each.task_id === id);
    if (held?.task) return { value: { ...held.task, my_assignment: { ...held, task: null } }, at_ms: list.at_ms };
  }
  return undefined;
}
