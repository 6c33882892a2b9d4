/** What kinds of shops there are, in words and with a picture; a kind that is not known here is "other". */
import type { IconName } from '../../design/Icon.svelte';
import { t, type Both } from '../../i18n/index.svelte';
import { words } from './texts';

const KINDS: Record<string, [name: Both, icon: IconName]> = {
  noodles: [words.kind_food, 'bowl'],
  tea: [words.kind_tea, 'cup'],
  bakery: [words.kind_bakery, 'bread'],
  seafood: [words.kind_seafood, 'fish'],
  supermarket: [words.kind_supermarket, 'basket'],
  pharmacy: [words.kind_pharmacy, 'health'],
  clinic: [words.kind_clinic, 'health'],
  barber: [words.kind_barber, 'scissors'],
  bike_repair: [words.kind_repair, 'wrench'],
  bookshop: [words.kind_bookshop, 'book'],
  cinema: [words.kind_cinema, 'ticket'],
  gym: [words.kind_gym, 'dumbbell'],
  other: [words.kind_other, 'shop'],
};

/** The kinds a shop can choose from. */
export const shop_kinds: readonly string[] = Object.keys(KINDS);

const known = (kind: string) => KINDS[kind] ?? KINDS[kind === 'food' ? 'noodles' : 'other']!;

export const shop_kind_name = (kind: string): string => t(known(kind)[0]);
export const shop_kind_icon = (kind: string): IconName => known(kind)[1];
