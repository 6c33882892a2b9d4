/** Which area a desk looks after, and what the person at it may do there. */
import { DESK_ROLES } from '../../api/roles';
import { session } from '../../api/session.svelte';
import type { Area, Role } from '../../api/types';
import { all_areas, area_of, district_of } from '../areas/areas.svelte';

export const POLICE: Role[] = ['officer', 'approver'];

/** The widest area in which the person holds a desk role: a district for police, a community for its posters. */
export function desk_area(): Area | undefined {
  const held = (session.user?.roles ?? []).filter((each) => is_one_of(each.role, DESK_ROLES) && each.area);
  const widest = held.sort((a, b) => a.area!.path.length - b.area!.path.length)[0];
  return area_of(widest?.area?.id);
}

/** The district of the desk's area, whose map is drawn. */
export function desk_district(): Area | undefined {
  return district_of(desk_area());
}

/** Whether the person holds one of these roles over the whole of the desk's area. The server decides again. */
export function may(...roles: Role[]): boolean {
  const path = desk_area()?.path;
  return (session.user?.roles ?? []).some(
    ({ role, area }) => is_one_of(role, roles) && area && path !== undefined && covers(area.path, path),
  );
}

const is_one_of = (role: string, roles: readonly Role[]) => (roles as readonly string[]).includes(role);
const covers = (wide: string, narrow: string) => wide === narrow || narrow.startsWith(`${wide}/`);

/** The communities of the desk's area, the person's own first: places with a name, for people who would rather not tap a map. */
export function communities(): Area[] {
  const path = desk_area()?.path;
  const home_id = session.user?.home_area?.id;
  return all_areas()
    .filter((area) => area.kind === 'community' && path !== undefined && covers(path, area.path))
    .sort((a, b) => Number(b.id === home_id) - Number(a.id === home_id));
}
