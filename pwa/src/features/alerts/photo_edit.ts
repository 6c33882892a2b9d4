/** Cutting a photo to size and covering faces in it, before it leaves the device: what was cut or covered is not sent. */
import { opened } from '../../app/picture';

export const PIXELS_MAX = 2_000_000;

export interface Point {
  x: number;
  y: number;
}

/** Each step in the pixels of the picture as it was then. */
export type Step = { kind: 'crop'; x: number; y: number; width: number; height: number } | { kind: 'cover'; points: Point[]; radius: number };

/** Width and height of at most `pixels_max` pixels in the same proportion. */
export function fitted(width: number, height: number, pixels_max = PIXELS_MAX): { width: number; height: number } {
  const scale = Math.min(1, Math.sqrt(pixels_max / (width * height)));
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
}

/** The part of the picture between two corners, or null when it is too small to be meant. */
export function cut_between(a: Point, b: Point, width: number, height: number): Extract<Step, { kind: 'crop' }> | null {
  const inside = (value: number, end: number) => Math.round(Math.min(end, Math.max(0, value)));
  const left = inside(Math.min(a.x, b.x), width);
  const top = inside(Math.min(a.y, b.y), height);
  const cut = { kind: 'crop' as const, x: left, y: top, width: inside(Math.max(a.x, b.x), width) - left, height: inside(Math.max(a.y, b.y), height) - top };
  return Math.min(cut.width, cut.height) < Math.min(width, height) / 12 ? null : cut;
}

/** How far around a touched point is covered: about a face of someone standing in the background. */
export function cover_radius(width: number, height: number): number {
  return Math.max(12, Math.round(Math.min(width, height) / 14));
}

/**
 * The file as a picture to work on, upright and small enough.
 * @throws ProblemError that says why it cannot be used.
 */
export async function to_edit(file: Blob): Promise<HTMLCanvasElement> {
  const bitmap = await opened(file);
  try {
    const { width, height } = fitted(bitmap.width, bitmap.height);
    const canvas = blank(width, height);
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0, width, height);
    return canvas;
  } finally {
    bitmap.close();
  }
}

/** The picture after one more step. */
export function stepped(picture: HTMLCanvasElement, step: Step): HTMLCanvasElement {
  if (step.kind === 'crop') {
    const cut = blank(step.width, step.height);
    cut.getContext('2d')!.drawImage(picture, step.x, step.y, step.width, step.height, 0, 0, step.width, step.height);
    return cut;
  }
  const covered = blank(picture.width, picture.height);
  const context = covered.getContext('2d')!;
  context.drawImage(picture, 0, 0);
  context.beginPath();
  for (const { x, y } of step.points) {
    context.moveTo(x + step.radius, y);
    context.arc(x, y, step.radius, 0, 2 * Math.PI);
  }
  context.clip();
  context.imageSmoothingEnabled = false;
  context.drawImage(coarse(picture, step.radius), 0, 0, picture.width, picture.height);
  return covered;
}

/** Blocks so large that a face is two or three of them: nothing can be computed back. */
function coarse(picture: HTMLCanvasElement, radius: number): HTMLCanvasElement {
  const block = radius * 0.8;
  const small = blank(Math.max(1, Math.round(picture.width / block)), Math.max(1, Math.round(picture.height / block)));
  const context = small.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, small.width, small.height);
  return small;
}

/** The picture as a file without anything but its pixels. */
export function as_file(picture: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    picture.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be written'))), 'image/jpeg', 0.9);
  });
}

function blank(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}
