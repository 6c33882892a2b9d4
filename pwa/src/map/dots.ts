/** Many moving dots and many routes on two canvases of their own: one drawing a frame, however many there are. */
import L from 'leaflet';
import type { LonLat } from '../api/types';

export interface Dot {
  id: string;
  lon: number;
  lat: number;
  colour: string;
  /** Drawn hollow: its position is old. */
  stale?: boolean;
  radius_px?: number;
}

export interface Line {
  id: string;
  points: LonLat[];
  colour: string;
  width_px?: number;
}

export interface Halo {
  lon: number;
  lat: number;
  radius_m: number;
  colour: string;
  /** 0 to 1. */
  strength: number;
}

const MARGIN = 0.2;
const EQUATOR_M = 40_075_016.686;

/** A Leaflet layer; set dots, lines or halos as often as wanted, it draws at most once a frame. */
export class DotsLayer extends L.Layer {
  #still!: HTMLCanvasElement;
  #moving!: HTMLCanvasElement;
  #origin = L.point(0, 0);
  #size = L.point(0, 0);
  #corner = L.latLng(0, 0);
  #zoom = 0;
  #dots: readonly Dot[] = [];
  #lines: readonly Line[] = [];
  #halos: readonly Halo[] = [];
  #frame = 0;
  #casing = '#fff';

  set_dots(dots: readonly Dot[]): void {
    this.#dots = dots;
    this.#soon();
  }

  set_lines(lines: readonly Line[], halos: readonly Halo[] = []): void {
    this.#lines = lines;
    this.#halos = halos;
    if (this.#still) this.#draw_still();
  }

  set_casing(colour: string): void {
    this.#casing = colour;
    if (this.#still) this.#reset();
  }

  /** The dot under a point of the map's container, if any. */
  dot_at(point: L.Point, reach_px = 16): Dot | null {
    const map = this._map;
    let best: { dot: Dot; away: number } | null = null;
    for (const dot of this.#dots) {
      const away = map.latLngToContainerPoint([dot.lat, dot.lon]).distanceTo(point);
      if (away <= reach_px && (!best || away < best.away)) best = { dot, away };
    }
    return best?.dot ?? null;
  }

  override onAdd(map: L.Map): this {
    const make = () => {
      const canvas = L.DomUtil.create('canvas', 'leaflet-layer leaflet-zoom-animated', map.getPane('overlayPane'));
      canvas.style.pointerEvents = 'none';
      return canvas;
    };
    this.#still = make();
    this.#moving = make();
    this.#reset();
    return this;
  }

  override onRemove(): this {
    cancelAnimationFrame(this.#frame);
    this.#still.remove();
    this.#moving.remove();
    return this;
  }

  override getEvents(): Record<string, L.LeafletEventHandlerFn> {
    return {
      moveend: () => this.#reset(),
      viewreset: () => this.#reset(),
      resize: () => this.#reset(),
      zoomanim: (event) => this.#follow_zoom(event as L.ZoomAnimEvent),
    };
  }

  #follow_zoom(event: L.ZoomAnimEvent): void {
    const scale = this._map.getZoomScale(event.zoom, this.#zoom);
    const map = this._map as L.Map & { _latLngToNewLayerPoint(at: L.LatLng, zoom: number, center: L.LatLng): L.Point };
    const offset = map._latLngToNewLayerPoint(this.#corner, event.zoom, event.center);
    for (const canvas of [this.#still, this.#moving]) L.DomUtil.setTransform(canvas, offset, scale);
  }

  /** Lays both canvases over the visible map and a margin around it, and draws everything anew. */
  #reset(): void {
    const map = this._map;
    const margin = map.getSize().multiplyBy(MARGIN).round();
    this.#origin = map.containerPointToLayerPoint(margin.multiplyBy(-1));
    this.#size = map.getSize().add(margin.multiplyBy(2));
    this.#zoom = map.getZoom();
    this.#corner = map.layerPointToLatLng(this.#origin);
    for (const canvas of [this.#still, this.#moving]) {
      canvas.width = this.#size.x * devicePixelRatio;
      canvas.height = this.#size.y * devicePixelRatio;
      canvas.style.width = `${this.#size.x}px`;
      canvas.style.height = `${this.#size.y}px`;
      L.DomUtil.setTransform(canvas, this.#origin, 1);
    }
    this.#draw_still();
    this.#draw_dots();
  }

  #soon(): void {
    if (!this._map || this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw_dots();
    });
  }

  #blank(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const context = canvas.getContext('2d')!;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#size.x, this.#size.y);
    return context;
  }

  /** Mercator done here, since Leaflet's own projection makes three objects a point. */
  #projector(): (lon: number, lat: number) => [x: number, y: number] {
    const scale = 256 * 2 ** this.#zoom;
    const origin = this._map.getPixelOrigin();
    const left = origin.x + this.#origin.x;
    const top = origin.y + this.#origin.y;
    return (lon, lat) => {
      const sine = Math.sin((lat * Math.PI) / 180);
      return [
        (lon / 360 + 0.5) * scale - left,
        (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * scale - top,
      ];
    };
  }

  #draw_still(): void {
    const context = this.#blank(this.#still);
    const project = this.#projector();
    for (const halo of this.#halos) {
      const [x, y] = project(halo.lon, halo.lat);
      const metre_px = (256 * 2 ** this.#zoom) / EQUATOR_M / Math.cos((halo.lat * Math.PI) / 180);
      context.fillStyle = halo.colour;
      for (const [share, alpha] of [[1, 0.12], [0.55, 0.18]] as const) {
        context.globalAlpha = alpha * (0.5 + halo.strength / 2);
        context.beginPath();
        context.arc(x, y, Math.max(6, halo.radius_m * metre_px * share), 0, 2 * Math.PI);
        context.fill();
      }
    }
    context.globalAlpha = 1;
    context.lineJoin = 'round';
    context.lineCap = 'round';
    for (const casing of [true, false]) {
      for (const line of this.#lines) {
        const width = line.width_px ?? 4;
        context.strokeStyle = casing ? this.#casing : line.colour;
        context.lineWidth = casing ? width + 3 : width;
        context.beginPath();
        line.points.forEach(([lon, lat], index) => {
          const [x, y] = project(lon, lat);
          if (index === 0) context.moveTo(x, y);
          else context.lineTo(x, y);
        });
        context.stroke();
      }
    }
  }

  #draw_dots(): void {
    const context = this.#blank(this.#moving);
    const project = this.#projector();
    context.strokeStyle = this.#casing;
    for (const dot of this.#dots) {
      const [x, y] = project(dot.lon, dot.lat);
      const radius = dot.radius_px ?? 7;
      if (x < -radius || y < -radius || x > this.#size.x + radius || y > this.#size.y + radius) continue;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = dot.colour;
      context.globalAlpha = dot.stale ? 0.55 : 1;
      context.fill();
      context.globalAlpha = 1;
      context.lineWidth = 2;
      context.stroke();
    }
  }
}
