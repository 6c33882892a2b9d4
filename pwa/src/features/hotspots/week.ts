/** The map's columns unpacked, and what each cell expects in a part of the week: all of it, a shift, one hour. */
import type { HotspotCells } from '../../api/types';

export const HOURS_A_WEEK = 168;
const SHIFT_HOURS = 8;
const SLOTS = 21;

/** Which hours are looked at: the whole week, one of three shifts from midnight, or one hour (0 is Monday's first). */
export type Part = { mode: 'week' } | { mode: 'shift'; shift: number } | { mode: 'hour'; hour: number };

export interface Cells {
  count: number;
  /** What a cell is called when the server is asked about it. */
  number: Uint32Array;
  lon: Float64Array;
  lat: Float64Array;
  half_lon: number;
  half_lat: number;
  expected: Float32Array;
  /** cells x 21 and cells x 24: shares; the slots of a cell add up to 1, and so do the hours of a shift. */
  slots: Float32Array;
  hours: Float32Array;
  /** kinds x cells, in 255ths of the cell's expectation. */
  kinds: Uint8Array;
}

/** Unpacks what the server sent. */
export function unpack(wire: HotspotCells): Cells {
  const number = new Uint32Array(bytes_of(wire.cell).buffer);
  const shift_of = (column: string, origin: number) =>
    Float64Array.from(new Float32Array(bytes_of(column).buffer), (each) => each + origin);
  return {
    count: number.length,
    number,
    lon: shift_of(wire.lon, wire.west),
    lat: shift_of(wire.lat, wire.south),
    half_lon: wire.half_lon,
    half_lat: wire.half_lat,
    expected: new Float32Array(bytes_of(wire.expected).buffer),
    slots: shares(bytes_of(wire.slots), SLOTS),
    hours: shares(bytes_of(wire.hours), SHIFT_HOURS),
    kinds: bytes_of(wire.kinds),
  };
}

function bytes_of(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Each run of `width` numbers as shares of their sum. */
function shares(numbers: Uint8Array, width: number): Float32Array {
  const found = new Float32Array(numbers.length);
  for (let begin = 0; begin < numbers.length; begin += width) {
    let sum = 0;
    for (let at = begin; at < begin + width; at++) sum += numbers[at]!;
    for (let at = begin; at < begin + width; at++) found[at] = sum > 0 ? numbers[at]! / sum : 1 / width;
  }
  return found;
}

/** The part of a cell's week that falls into these hours. */
function share_of(cells: Cells, cell: number, part: Part): number {
  if (part.mode === 'week') return 1;
  if (part.mode === 'hour') {
    const slot = Math.floor(part.hour / SHIFT_HOURS);
    return cells.slots[cell * SLOTS + slot]! * cells.hours[cell * 24 + (part.hour % 24)]!;
  }
  let share = 0;
  for (let day = 0; day < 7; day++) share += cells.slots[cell * SLOTS + day * 3 + part.shift]!;
  return share;
}

/** Expected reports of each cell in these hours; of one kind (its row), or of all for null. */
export function expected_in(cells: Cells, part: Part, kind: number | null): Float32Array {
  const found = new Float32Array(cells.count);
  for (let cell = 0; cell < cells.count; cell++) {
    const of_kind = kind === null ? 1 : cells.kinds[kind * cells.count + cell]! / 255;
    found[cell] = cells.expected[cell]! * of_kind * share_of(cells, cell, part);
  }
  return found;
}

/** Where a colour begins, as shares of the scale's end; below the first nothing is drawn. */
export const STEPS = [0.04, 0.12, 0.25, 0.45, 0.7] as const;

/** The scale's end for all parts of one mode, so that shifts, and hours, can be compared: what the busiest few expect. */
export function scale_end(cells: Cells, mode: Part['mode'], kind: number | null): number {
  const parts: Part[] =
    mode === 'week'
      ? [{ mode }]
      : mode === 'shift'
        ? [0, 1, 2].map((shift) => ({ mode, shift }))
        : Array.from({ length: HOURS_A_WEEK }, (_, hour) => ({ mode, hour }));
  const busiest = Math.max(...parts.map((part) => mean_of_top(expected_in(cells, part, kind))), 0);
  return busiest > 0 ? busiest : 1;
}

const TOP = 5;

function mean_of_top(values: Float32Array): number {
  const top = [...values].sort((a, b) => b - a).slice(0, TOP);
  return top.length ? top.reduce((sum, each) => sum + each, 0) / top.length : 0;
}

/** The colour's number (0 palest) of each cell; -1 for none. */
export function levels(values: Float32Array, end: number): Int8Array {
  return Int8Array.from(values, (value) => STEPS.findLastIndex((step) => value >= step * end));
}

/** The cell that holds a place, by its place in the lists; null beside all cells. */
export function cell_at(cells: Cells, lon: number, lat: number): number | null {
  for (let cell = 0; cell < cells.count; cell++) {
    if (Math.abs(cells.lon[cell]! - lon) <= cells.half_lon && Math.abs(cells.lat[cell]! - lat) <= cells.half_lat) return cell;
  }
  return null;
}

/** The hour of the week in a time zone: 0 is Monday's first. */
export function hour_of_week(at_ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', hourCycle: 'h23' }).formatToParts(at_ms);
  const part = (type: string) => parts.find((each) => each.type === type)!.value;
  return ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(part('weekday')) * 24 + Number(part('hour'));
}
