/** Offers near this person, and buying one: one intent, one id. */
import { call } from '../../api/client';
import { keep_small, kept_small } from '../../api/keep';
import { OfflineError, ProblemError } from '../../api/problem';
import { query } from '../../api/query.svelte';
import { session } from '../../api/session.svelte';
import type { Voucher } from '../../api/types';
import { uuid7 } from '../../api/uuid';
import { location_now } from '../../app/location.svelte';
import { district_of, home_area } from '../areas/areas.svelte';

export const SORTS = ['near', 'cost', 'new'] as const;
export type Sort = (typeof SORTS)[number];

/** What the shop window shows first, and what of it. */
export interface Choice {
  sort: Sort;
  kind: string | undefined;
  affordable: boolean;
}

/** The offers of the person's district. Call while setting a component up. */
export function offers_chosen(choice: () => Choice) {
  const area = () => district_of(home_area());
  return query(
    () => (area() ? `offers ${area()!.id} ${near()} ${JSON.stringify(choice())}` : null),
    () =>
      call('GET /api/offers', {
        query: { area_id: area()!.id, lon: location_now.place?.lon, lat: location_now.place?.lat, ...choice() },
      }),
    { keep: true, renew_on: ['points.', 'voucher.'] },
  );
}

/** About where the person is, so that a few steps do not ask anew. */
export function near(): string {
  const at = location_now.place;
  return at ? `${at.lon.toFixed(3)},${at.lat.toFixed(3)}` : '';
}

/**
 * Buys an offer. Returns null when nothing came back; asking again with the kept id settles it without a second charge.
 * @throws ProblemError when refused (not enough points, none left, cap reached).
 */
export async function buy(offer_id: string): Promise<Voucher | null> {
  const key = `buy ${session.user?.id} ${offer_id}`;
  const id = (await kept_small<string>(key)) ?? uuid7();
  await keep_small(key, id);
  try {
    const voucher = await call('POST /api/offers/{id}/buy', { path: { id: offer_id }, body: { id } });
    await keep_small(key, null);
    return voucher;
  } catch (error) {
    if (error instanceof OfflineError) return null;
    if (error instanceof ProblemError && !error.passing) await keep_small(key, null);
    throw error;
  }
}
