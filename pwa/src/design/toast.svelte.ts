/** Short notes about what just happened; one at a time, read aloud, gone after a while. */

export interface Note {
  text: string;
  tone: 'ok' | 'wrong';
}

export const toast = $state<{ now: Note | null }>({ now: null });

let timer: ReturnType<typeof setTimeout> | undefined;

/** Says what happened. Never used for something that has not happened yet. */
export function tell(text: string, tone: Note['tone'] = 'ok'): void {
  clearTimeout(timer);
  toast.now = { text, tone };
  timer = setTimeout(() => (toast.now = null), tone === 'ok' ? 4_000 : 7_000);
}
