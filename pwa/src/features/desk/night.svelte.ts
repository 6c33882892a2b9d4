/** Whether the desk is drawn dark: as chosen on this device, else by night. */
import { now_ms } from '../../app/clock.svelte';
import { is_dark, settings } from '../../app/settings.svelte';
import { desk_area } from './area.svelte';
import { is_night } from './wall_clock';

export function desk_is_dark(): boolean {
  if (settings.theme !== 'system') return is_dark();
  return is_dark() || is_night(now_ms(), desk_area()?.time_zone ?? 'Asia/Shanghai');
}
