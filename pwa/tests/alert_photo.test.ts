/** What is cut from a photo and how much is covered; browsers test the pixels themselves. */
import { expect, test } from 'vitest';
import { cover_radius, cut_between, fitted, PIXELS_MAX } from '../src/features/alerts/photo_edit';

test('a photo is made no larger than two megapixels, in its own proportion', () => {
  const { width, height } = fitted(4000, 3000);
  expect(width * height).toBeLessThanOrEqual(PIXELS_MAX);
  expect(width / height).toBeCloseTo(4 / 3, 2);
  expect(fitted(800, 600)).toEqual({ width: 800, height: 600 });
  expect(fitted(100_000, 1).height).toBe(1);
});

test('two corners cut whichever comes first, inside the picture', () => {
  const cut = { kind: 'crop', x: 100, y: 50, width: 300, height: 250 };
  expect(cut_between({ x: 100, y: 50 }, { x: 400, y: 300 }, 800, 600)).toEqual(cut);
  expect(cut_between({ x: 400, y: 300 }, { x: 100, y: 50 }, 800, 600)).toEqual(cut);
  expect(cut_between({ x: -50, y: -50 }, { x: 900, y: 900 }, 800, 600)).toEqual({ kind: 'crop', x: 0, y: 0, width: 800, height: 600 });
});

test('a slip of the finger cuts nothing', () => {
  expect(cut_between({ x: 100, y: 100 }, { x: 110, y: 300 }, 800, 600)).toBeNull();
});

test('a covered face is wider than a finger’s slip and narrower than the person sought', () => {
  expect(cover_radius(1600, 1200)).toBeGreaterThan(60);
  expect(cover_radius(1600, 1200)).toBeLessThan(200);
  expect(cover_radius(40, 40)).toBe(12);
});
