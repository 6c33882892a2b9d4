/** A grid of coloured squares on a canvas of its own, under routes and dots: a heat map that can change every moment. */
import L from 'leaflet';

/** Squares by their middles; `colours` has one entry a square, null for one that is not drawn. */
export interface CellGrid {
  lon: ArrayLike<number>;
  lat: ArrayLike<number>;
  half_lon: number;
  half_lat: number;
  colours: readonly (string | null)[];
  /** 0 to 1: streets and names must stay readable under it. */
  strength: number;
  /** The square with an outline, by its place in the lists. */
  chosen?: number | null;
}

const MARGIN = 0.15;

/** A Leaflet layer; set the grid as often as wanted, it draws at most once a frame. */
export class CellsLayer extends L.Layer {
  #canvas!: HTMLCanvasElement;
  #grid: CellGrid | null = null;
  #outline = '#000';
  #frame = 0;
  #origin = L.point(0, 0);
  #size = L.point(0, 0);
  #corner = L.latLng(0, 0);
  #zoom = 0;

  set_grid(grid: CellGrid | null, outline: string): void {
    this.#grid = grid;
    this.#outline = outline;
    if (!this._map || this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  override onAdd(map: L.Map): this {
    this.#canvas = L.DomUtil.create('canvas', 'leaflet-layer leaflet-zoom-animated', map.getPane('cells'));
    this.#canvas.style.pointerEvents = 'none';
    this.#reset();
    return this;
  }

  override onRemove(): this {
    cancelAnimationFrame(this.#frame);
    this.#canvas.remove();
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
    const map = this._map as L.Map & { _latLngToNewLayerPoint(at: L.LatLng, zoom: number, center: L.LatLng): L.Point };
    const offset = map._latLngToNewLayerPoint(this.#corner, event.zoom, event.center);
    L.DomUtil.setTransform(this.#canvas, offset, map.getZoomScale(event.zoom, this.#zoom));
  }

  /** Lays the canvas over the visible map and a margin around it. */
  #reset(): void {
    const map = this._map;
    const margin = map.getSize().multiplyBy(MARGIN).round();
    this.#origin = map.containerPointToLayerPoint(margin.multiplyBy(-1));
    this.#size = map.getSize().add(margin.multiplyBy(2));
    this.#zoom = map.getZoom();
    this.#corner = map.layerPointToLatLng(this.#origin);
    this.#canvas.width = this.#size.x * devicePixelRatio;
    this.#canvas.height = this.#size.y * devicePixelRatio;
    this.#canvas.style.width = `${this.#size.x}px`;
    this.#canvas.style.height = `${this.#size.y}px`;
    L.DomUtil.setTransform(this.#canvas, this.#origin, 1);
    this.#draw();
  }

  #draw(): void {
    const context = this.#canvas.getContext('2d')!;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#size.x, this.#size.y);
    const grid = this.#grid;
    if (!grid) return;
    context.globalAlpha = grid.strength;
    for (let at = 0; at < grid.colours.length; at++) {
      const colour = grid.colours[at];
      if (!colour) continue;
      const [left, top, width, height] = this.#square(grid, at);
      if (left > this.#size.x || top > this.#size.y || left + width < 0 || top + height < 0) continue;
      context.fillStyle = colour;
      // A hair of ground between squares, so that a block is seen as cells.
      context.fillRect(left + 0.5, top + 0.5, width - 1, height - 1);
    }
    context.globalAlpha = 1;
    if (grid.chosen === null || grid.chosen === undefined || grid.chosen < 0) return;
    context.strokeStyle = this.#outline;
    context.lineWidth = 3;
    context.strokeRect(...this.#square(grid, grid.chosen));
  }

  #square(grid: CellGrid, at: number): [left: number, top: number, width: number, height: number] {
    const lon = grid.lon[at]!;
    const lat = grid.lat[at]!;
    const [left, top] = this.#pixel(lon - grid.half_lon, lat + grid.half_lat);
    const [right, bottom] = this.#pixel(lon + grid.half_lon, lat - grid.half_lat);
    return [left, top, right - left, bottom - top];
  }

  /** Mercator done here, since Leaflet's own projection makes three objects a point. */
  #pixel(lon: number, lat: number): [x: number, y: number] {
    const scale = 256 * 2 ** this.#zoom;
    const origin = this._map.getPixelOrigin();
    const sine = Math.sin((lat * Math.PI) / 180);
    return [
      (lon / 360 + 0.5) * scale - origin.x - this.#origin.x,
      (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * scale - origin.y - this.#origin.y,
    ];
  }
}
