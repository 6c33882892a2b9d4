/** Shakes the phone, where it can; a page that nobody has touched yet may not, and browsers log that as an error. */
export function shake(pattern_ms: number | number[]): void {
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(pattern_ms);
}
