/** How the base map looks by day and by night: quiet ground, readable names, nothing that competes with a route. */
import {
  CenteredTextSymbolizer,
  CircleSymbolizer,
  GroupSymbolizer,
  LineSymbolizer,
  OffsetTextSymbolizer,
  PolygonSymbolizer,
  TextPlacements,
  exp,
  type Feature,
  type LabelRule,
  type PaintRule,
} from 'protomaps-leaflet';
import { CjkLineLabel } from './cjk_line_label';

export interface MapColours {
  ground: string;
  green: string;
  water: string;
  water_name: string;
  building: string;
  building_edge: string;
  path: string;
  street: string;
  street_edge: string;
  road: string;
  road_edge: string;
  rail: string;
  name: string;
  place: string;
  poi: string;
  halo: string;
  /** Our own route and its casing; at night a light colour, since dark ones vanish on dark streets. */
  route: string;
  route_done: string;
  route_casing: string;
}

export const DAY: MapColours = {
  ground: '#edefe9',
  green: '#d5e6cd',
  water: '#bdd9e8',
  water_name: '#1f5573',
  building: '#e0e1da',
  building_edge: '#d3d5cc',
  path: '#b9ab93',
  street: '#ffffff',
  street_edge: '#d0d5cd',
  road: '#fdf3da',
  road_edge: '#d9c290',
  rail: '#a9aeac',
  name: '#2b3531',
  place: '#3c4843',
  poi: '#5a4630',
  halo: '#fbfcfa',
  route: '#0b6b5b',
  route_done: '#7fb4a9',
  route_casing: '#ffffff',
};

export const NIGHT: MapColours = {
  ground: '#141c19',
  green: '#172a1d',
  water: '#12262f',
  water_name: '#93c3d8',
  building: '#1b2521',
  building_edge: '#25312c',
  path: '#4b4536',
  street: '#2c3833',
  street_edge: '#0f1614',
  road: '#41452f',
  road_edge: '#55583c',
  rail: '#48524e',
  name: '#dbe5e0',
  place: '#b9c7c0',
  poi: '#d9bf95',
  halo: '#0c1210',
  route: '#4cc3ac',
  route_done: '#2b6d61',
  route_casing: '#0a100e',
};

const FAMILY = '"PingFang SC", "Noto Sans CJK SC", "Noto Sans SC", "Microsoft YaHei", system-ui, sans-serif';
const ROADS = ['motorway', 'trunk', 'primary', 'secondary', 'tertiary'];
const STREETS = ['minor', 'residential', 'unclassified', 'living_street'];
const PATHS = ['path', 'service', 'track', 'pedestrian', 'footway', 'steps', 'cycleway'];

const is = (classes: string[]) => (_: number, feature?: Feature) => classes.includes(String(feature?.props['class']));
const width = (at_12: number, at_18: number) => exp(1.6, [[12, at_12], [18, at_18]]);

/** Areas first, then casings, then the streets themselves. */
export function paint_rules(colours: MapColours): PaintRule[] {
  const area = (dataLayer: string, fill: string): PaintRule => ({
    dataLayer,
    symbolizer: new PolygonSymbolizer({ fill, perFeature: false }),
  });
  const line = (classes: string[], color: string, width_of: (zoom: number) => number, minzoom?: number): PaintRule => ({
    dataLayer: 'transportation',
    filter: is(classes),
    minzoom,
    symbolizer: new LineSymbolizer({ color, width: width_of, lineCap: 'round', lineJoin: 'round' }),
  });
  return [
    area('landuse', colours.ground),
    area('landcover', colours.green),
    area('park', colours.green),
    { ...area('water', colours.water), filter: (_, feature) => feature?.geomType === 3 },
    {
      dataLayer: 'waterway',
      filter: (_, feature) => feature?.geomType === 2,
      symbolizer: new LineSymbolizer({ color: colours.water, width: width(1, 8), lineCap: 'round' }),
    },
    {
      dataLayer: 'building',
      minzoom: 15,
      symbolizer: new PolygonSymbolizer({ fill: colours.building, stroke: colours.building_edge, width: 0.6 }),
    },
    line(PATHS, colours.path, width(0.5, 4.5), 14),
    line(STREETS, colours.street_edge, width(1.2, 15), 13),
    line(ROADS, colours.road_edge, width(2.4, 23)),
    line(STREETS, colours.street, width(0.8, 12)),
    line(ROADS, colours.road, width(1.6, 20)),
    {
      dataLayer: 'transportation',
      filter: is(['rail', 'transit']),
      symbolizer: new LineSymbolizer({ color: colours.rail, width: width(0.8, 3), dash: [6, 4], dashColor: colours.rail, dashWidth: width(0.8, 3) }),
    },
  ];
}

/** Names, the most useful first: earlier rules win the place. `english` prefers name_en where there is one. */
export function label_rules(colours: MapColours, english: boolean): LabelRule[] {
  const names = english ? ['name_en', 'name:en', 'name'] : ['name', 'name:zh', 'name_en'];
  const along = (classes: string[], size_px: number, minzoom: number, weight = 500): LabelRule => ({
    dataLayer: 'transportation_name',
    minzoom,
    filter: is(classes),
    symbolizer: new CjkLineLabel({
      names,
      size_px,
      weight,
      family: FAMILY,
      fill: colours.name,
      halo: colours.halo,
      halo_px: 3,
      repeat_px: 260,
    }),
  });
  const centred = (dataLayer: string, fill: string, size: number, weight: number, more: Partial<LabelRule> = {}): LabelRule => ({
    dataLayer,
    symbolizer: new CenteredTextSymbolizer({
      labelProps: names,
      font: `${weight} ${size}px ${FAMILY}`,
      fill,
      stroke: colours.halo,
      width: 2.5,
    }),
    ...more,
  });
  return [
    centred('place', colours.place, 15, 650, { maxzoom: 15 }),
    along(ROADS, 14, 13, 600),
    {
      dataLayer: 'waterway',
      minzoom: 13,
      filter: (_, feature) => feature?.geomType === 2,
      symbolizer: new CjkLineLabel({
        names,
        size_px: 14,
        weight: 500,
        family: FAMILY,
        fill: colours.water_name,
        halo: colours.halo,
        halo_px: 2,
        repeat_px: 500,
      }),
    },
    centred('park', colours.place, 12, 500, { minzoom: 15 }),
    along(STREETS, 13, 15),
    {
      dataLayer: 'poi',
      minzoom: 16,
      filter: (_, feature) => Boolean(feature?.props['name']),
      symbolizer: new GroupSymbolizer([
        new CircleSymbolizer({ radius: 3, fill: colours.poi, stroke: colours.halo, width: 1 }),
        new OffsetTextSymbolizer({
          labelProps: names,
          offsetX: 5,
          offsetY: 4,
          placements: [TextPlacements.E, TextPlacements.W],
          font: `400 12px ${FAMILY}`,
          fill: colours.poi,
          stroke: colours.halo,
          width: 2,
        }),
      ]),
    },
    along(PATHS, 12, 16, 400),
  ];
}
