/** The map itself, in a chunk of its own: Leaflet, the base map under it, and what Lexun draws on top. */
import 'leaflet/dist/leaflet.css';
import L from 'leaflet';
import type { PMTiles } from 'pmtiles';
import type { LonLat } from '../api/types';
import { CellsLayer, type CellGrid } from './cells';
import { DotsLayer, type Dot, type Halo, type Line } from './dots';
import type { MapStop, Pin, Position, Ring } from './shapes';
import { DAY, NIGHT, label_rules, paint_rules, type MapColours } from './style';

// protomaps-leaflet reads Leaflet from the page, so it can only be loaded once it is there.
(globalThis as unknown as { L: typeof L }).L = L;
const { leafletLayer } = await import('protomaps-leaflet');

type BaseLayer = L.GridLayer & {
  paintRules: ReturnType<typeof paint_rules>;
  labelRules: ReturnType<typeof label_rules>;
  backgroundColor: string;
  clearLayout(): void;
  rerenderTiles(): void;
};

export interface EngineOptions {
  night: boolean;
  english: boolean;
  words: { zoom_in: string; zoom_out: string; attribution: string };
  /** A still picture: no panning, no zoom buttons. */
  still: boolean;
}

/** As large as everything else that is tapped. */
const TAP_PX = 48;

const flip = ([lon, lat]: LonLat): L.LatLngTuple => [lat, lon];

/** One map on one element. Everything drawn is set anew as a whole; calling with nothing removes it. */
export class MapEngine {
  readonly map: L.Map;
  #colours: MapColours;
  #night: boolean;
  #english: boolean;
  #still: boolean;
  #base: BaseLayer | null = null;
  #route = L.featureGroup();
  #stops = L.featureGroup();
  #pins = L.featureGroup();
  #rings = L.featureGroup();
  #here = L.featureGroup();
  #dots: DotsLayer | null = null;
  #cells: CellsLayer | null = null;
  #drawn_route: { route: readonly LonLat[]; walked: readonly LonLat[][] } = { route: [], walked: [] };

  constructor(element: HTMLElement, { night, english, words, still }: EngineOptions) {
    this.#night = night;
    this.#english = english;
    this.#still = still;
    this.#colours = night ? NIGHT : DAY;
    this.map = L.map(element, {
      zoomControl: false,
      attributionControl: false,
      minZoom: 11,
      maxZoom: 19,
      zoomSnap: 0.5,
      dragging: !still,
      touchZoom: !still,
      scrollWheelZoom: !still,
      doubleClickZoom: !still,
      keyboard: !still,
      boxZoom: false,
    });
    this.map.setView([0, 0], 14);
    // Coloured ground lies over the base map (200) and under everything else (400).
    this.map.createPane('cells').style.zIndex = '350';
    // The person stands on top of stops and pins (600), under nothing but the controls.
    this.map.createPane('here').style.zIndex = '640';
    this.map.getPane('here')!.style.pointerEvents = 'none';
    L.control.attribution({ prefix: false }).addAttribution(words.attribution).addTo(this.map);
    if (!still) {
      L.control.zoom({ position: 'topright', zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(this.map);
    }
    for (const layer of [this.#rings, this.#route, this.#stops, this.#pins, this.#here]) layer.addTo(this.map);
    element.style.background = this.#colours.ground;
  }

  /** Puts the base map under everything; `maxDataZoom` must be the file's own, or nothing is drawn above it. */
  set_base(archive: PMTiles, max_zoom: number): void {
    this.#base?.remove();
    this.#base = leafletLayer({
      url: archive,
      maxDataZoom: max_zoom,
      maxZoom: 19,
      paintRules: paint_rules(this.#colours),
      labelRules: label_rules(this.#colours, this.#english),
      backgroundColor: this.#colours.ground,
      attribution: '',
      lang: this.#english ? 'en' : 'zh',
      // Two is enough for sharp names; three costs slow phones more than anyone sees.
      devicePixelRatio: Math.min(2, devicePixelRatio),
    }) as unknown as BaseLayer;
    this.#base.addTo(this.map);
  }

  /** Redraws for day or night, or for the other language. */
  set_look(night: boolean, english: boolean): void {
    if (night === this.#night && english === this.#english) return;
    this.#night = night;
    this.#english = english;
    this.#colours = night ? NIGHT : DAY;
    this.map.getContainer().style.background = this.#colours.ground;
    if (this.#base) {
      this.#base.paintRules = paint_rules(this.#colours);
      this.#base.labelRules = label_rules(this.#colours, english);
      this.#base.backgroundColor = this.#colours.ground;
      this.#base.clearLayout();
      this.#base.rerenderTiles();
    }
    this.set_route(this.#drawn_route.route, this.#drawn_route.walked);
    this.#dots?.set_casing(this.#colours.route_casing);
  }

  /** The route with its casing; the part already walked is drawn over it, quieter. */
  set_route(route: readonly LonLat[], walked: readonly LonLat[][] = []): void {
    this.#drawn_route = { route, walked };
    this.#route.clearLayers();
    const { route: colour, route_casing, route_done } = this.#colours;
    if (route.length > 1) {
      const points = route.map(flip);
      L.polyline(points, { color: route_casing, weight: 9, opacity: 0.9, interactive: false }).addTo(this.#route);
      L.polyline(points, { color: colour, weight: 5, interactive: false }).addTo(this.#route);
    }
    for (const stretch of walked) {
      if (stretch.length < 2) continue;
      L.polyline(stretch.map(flip), { color: route_casing, weight: 7, opacity: 0.7, interactive: false }).addTo(this.#route);
      L.polyline(stretch.map(flip), { color: route_done, weight: 4, dashArray: '1 7', interactive: false }).addTo(this.#route);
    }
  }

  /** Numbered stops; the next one larger. They say the same as the list beside the map, so readers skip them. */
  set_stops(stops: readonly MapStop[]): void {
    this.#stops.clearLayers();
    for (const stop of stops) {
      const text = document.createElement('span');
      text.textContent = stop.done ? '✓' : String(stop.order);
      text.className = `map-stop${stop.next ? ' next' : ''}${stop.done ? ' done' : ''}`;
      const icon = L.divIcon({ html: text, className: 'map-place', iconSize: [0, 0] });
      L.marker([stop.lat, stop.lon], { icon, interactive: false, keyboard: false, zIndexOffset: stop.next ? 500 : 0 }).addTo(
        this.#stops,
      );
    }
  }

  /** Named places. With `chosen` each can be tapped, and is a button with its own name and a finger's size. */
  set_pins(pins: readonly Pin[], chosen: ((id: string) => void) | null): void {
    this.#pins.clearLayers();
    for (const pin of pins) {
      const text = document.createElement('span');
      text.textContent = pin.text;
      text.className = `map-pin ${pin.tone ?? 'brand'}${pin.chosen ? ' chosen' : ''}`;
      const icon = L.divIcon({ html: text, className: 'map-place', iconSize: [TAP_PX, TAP_PX] });
      const zIndexOffset = pin.chosen ? 900 : 0;
      if (!chosen) {
        L.marker([pin.lat, pin.lon], { icon, interactive: false, keyboard: false, zIndexOffset }).addTo(this.#pins);
        continue;
      }
      const marker = L.marker([pin.lat, pin.lon], { icon, title: pin.label, alt: pin.label, zIndexOffset });
      marker.on('click', () => chosen(pin.id));
      marker.addTo(this.#pins);
      marker.getElement()?.setAttribute('aria-label', pin.label);
    }
  }

  /** Circles in metres: the reach of a stop, the surroundings of a last sighting. */
  set_rings(rings: readonly Ring[], outline: readonly LonLat[][] = []): void {
    this.#rings.clearLayers();
    const colours = { amber: '#f3b33d', alert: this.#night ? '#ff8a78' : '#b3261e', brand: this.#colours.route };
    for (const ring of rings) {
      const color = colours[ring.tone];
      L.circle([ring.lat, ring.lon], {
        radius: ring.radius_m,
        color,
        weight: 2.5,
        dashArray: '6 6',
        fill: true,
        fillColor: color,
        fillOpacity: 0.06,
        interactive: false,
      }).addTo(this.#rings);
    }
    const color = colours.alert;
    for (const corners of outline) {
      L.polygon(corners.map(flip), { color, weight: 2.5, dashArray: '6 6', fillColor: color, fillOpacity: 0.06, interactive: false }).addTo(this.#rings);
    }
  }

  /** Where this person is, with the circle inside which that is certain. */
  set_here(here: Position | null): void {
    this.#here.clearLayers();
    if (!here) return;
    const at: L.LatLngTuple = [here.lat, here.lon];
    const color = this.#night ? '#6fb7ff' : '#1a73d9';
    L.circle(at, { radius: Math.max(4, here.accuracy_m), stroke: false, fillColor: color, fillOpacity: 0.18, interactive: false, pane: 'here' }).addTo(
      this.#here,
    );
    L.circleMarker(at, { radius: 8, color: '#fff', weight: 3, fillColor: color, fillOpacity: 1, interactive: false, pane: 'here' }).addTo(this.#here);
  }

  /** A heat map's squares, or none. */
  set_cells(grid: CellGrid | null): void {
    if (!this.#cells) {
      if (!grid) return;
      this.#cells = new CellsLayer();
      this.#cells.addTo(this.map);
    }
    this.#cells.set_grid(grid, this.#colours.name);
  }

  /** Many dots, lines and halos at once: the desk. */
  set_dots(dots: readonly Dot[], lines?: readonly Line[], halos?: readonly Halo[]): void {
    if (!this.#dots) {
      this.#dots = new DotsLayer();
      this.#dots.addTo(this.map);
      this.#dots.set_casing(this.#colours.route_casing);
    }
    if (lines || halos) this.#dots.set_lines(lines ?? [], halos ?? []);
    this.#dots.set_dots(dots);
  }

  dot_at(event: L.LeafletMouseEvent): Dot | null {
    return this.#dots?.dot_at(event.containerPoint) ?? null;
  }

  /** Shows all of these places. */
  fit(points: readonly LonLat[], { max_zoom = 17, padding_px = 32 } = {}): void {
    if (points.length === 0) return;
    const { x: width_px, y: height_px } = this.map.getSize();
    // A low map has little to spare.
    const high_px = Math.min(padding_px, height_px * 0.1);
    const wide_px = Math.min(padding_px, width_px * 0.1);
    this.map.fitBounds(L.latLngBounds(points.map(flip)), {
      maxZoom: max_zoom,
      paddingTopLeft: [wide_px, high_px],
      // The zoom buttons stand on the right.
      paddingBottomRight: [this.#still ? wide_px : wide_px + padding_px, high_px],
      animate: false,
    });
  }

  centre_on(place: { lon: number; lat: number }, zoom?: number): void {
    this.map.setView([place.lat, place.lon], zoom ?? this.map.getZoom(), { animate: false });
  }

  remove(): void {
    this.map.remove();
  }
}
