/** Dragging a stop by its handle to another place in its list or to another team's; a finger or a mouse, no keyboard. */

export interface Place {
  team: number;
  /** From 0; the stop is put before the one that stands there. */
  position: number;
}

interface Held extends Place {
  stop: string;
}

const EDGE_PX = 56;
const SCROLL_PX = 14;
const FAR_ENOUGH_PX = 6;

export class Dragging {
  /** The stop that is being dragged. */
  held = $state<string | null>(null);
  /** Where it would go if it were let go now. */
  slot = $state.raw<Place | null>(null);

  /** Follows the pointer until it is let go over a list of stops; Escape, or letting go elsewhere, changes nothing. */
  begin(event: PointerEvent, from: Held, drop: (to: Place) => void): void {
    const handle = event.currentTarget as HTMLElement;
    const [x, y] = [event.clientX, event.clientY];
    let moved = false;
    handle.setPointerCapture(event.pointerId);
    const follow = (now: PointerEvent) => {
      moved ||= Math.hypot(now.clientX - x, now.clientY - y) > FAR_ENOUGH_PX;
      if (!moved) return;
      this.held = from.stop;
      this.slot = place_at(now.clientX, now.clientY);
      scroll_at_edge(handle, now.clientY);
    };
    const end = (now: Event) => {
      const to = now.type === 'pointerup' && moved ? settled(from, this.slot) : null;
      handle.removeEventListener('pointermove', follow);
      for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) handle.removeEventListener(type, end);
      removeEventListener('keydown', cancel, true);
      this.held = null;
      this.slot = null;
      if (to) drop(to);
    };
    const cancel = (key: KeyboardEvent) => {
      if (key.key !== 'Escape') return;
      key.preventDefault();
      end(key);
    };
    handle.addEventListener('pointermove', follow);
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture']) handle.addEventListener(type, end);
    addEventListener('keydown', cancel, true);
  }
}

/** Where in which list the point lies: before a row in its upper half, after it in its lower. */
function place_at(x: number, y: number): Place | null {
  const under = document.elementFromPoint(x, y);
  const list = under?.closest<HTMLElement>('[data-stops-of]');
  if (!list) return null;
  const team = Number(list.dataset['stopsOf']);
  const rows = [...list.querySelectorAll<HTMLElement>('[data-stop]')];
  const empty = rows.length === 1 && rows[0]!.classList.contains('empty');
  const position = empty ? 0 : rows.filter((row) => y > row.getBoundingClientRect().top + row.offsetHeight / 2).length;
  return { team, position };
}

/** The position counted without the stop itself; null where it would stay. */
export function settled(from: Held, slot: Place | null): Place | null {
  if (!slot) return null;
  if (slot.team !== from.team) return slot;
  const position = slot.position > from.position ? slot.position - 1 : slot.position;
  return position === from.position ? null : { team: slot.team, position };
}

/** A list longer than the window moves on when the pointer reaches its edge. */
function scroll_at_edge(from: HTMLElement, y: number): void {
  let box: HTMLElement | null = from.parentElement;
  while (box && !(box.scrollHeight > box.clientHeight && /auto|scroll/.test(getComputedStyle(box).overflowY))) box = box.parentElement;
  const { top, bottom } = box ? box.getBoundingClientRect() : { top: 0, bottom: innerHeight };
  const by = y < top + EDGE_PX ? -SCROLL_PX : y > bottom - EDGE_PX ? SCROLL_PX : 0;
  if (by) (box ?? document.scrollingElement)?.scrollBy(0, by);
}
