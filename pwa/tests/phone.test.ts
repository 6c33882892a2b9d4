/** Phone numbers are taken as people write them. */
import { expect, test } from 'vitest';
import { plain_phone } from '../src/features/people/phone';

test('gaps, dashes and wide digits are the same number', () => {
  for (const written of ['13900001111', ' 139 0000 1111 ', '139-0000-1111', '１３９００００１１１１', '(139) 0000.1111']) {
    expect(plain_phone(written)).toBe('13900001111');
  }
  expect(plain_phone('+86 139 0000 1111')).toBe('+8613900001111');
});

test('what is no number stays as it was written, so that the server names what is wrong', () => {
  expect(plain_phone('one three nine')).toBe('onethreenine');
  expect(plain_phone('🙂')).toBe('🙂');
});
