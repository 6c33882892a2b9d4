/** What a named place is, in a word: the map has some forty kinds, people tell a dozen apart. */
import type { Both } from '../../i18n/index.svelte';
import { words } from './texts';

const KINDS: Record<string, Both> = {
  area: words.kind_area,
  street: words.kind_street,
  place: words.kind_place,
  square: words.kind_place,
  school: words.kind_school,
  hospital: words.kind_hospital,
  clinic: words.kind_clinic,
  worship: words.kind_worship,
  police: words.kind_police,
  police_post: words.kind_police,
  market: words.kind_market,
  shop: words.kind_shop,
  park: words.kind_park,
  garden: words.kind_park,
  station: words.kind_stop,
  bus_stop: words.kind_stop,
  ferry: words.kind_stop,
  restaurant: words.kind_food,
  cafe: words.kind_food,
  bar: words.kind_food,
};

/** The word for a kind as the server names it. */
export function kind_word(kind: string): Both {
  return KINDS[kind] ?? words.kind_other;
}
