/** Street names along streets: Chinese glyph by glyph and upright, also on steep streets; Latin as one run. */
import Point from '@mapbox/point-geometry';
import type { Feature, LabelSymbolizer } from 'protomaps-leaflet';

type Layout = Parameters<LabelSymbolizer['place']>[0];
type Labels = ReturnType<LabelSymbolizer['place']>;

const CJK = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]/;
const LONGEST_NAME = 24;
/** A label may bend, but its ends must lie this close to its own length apart. */
const STRAIGHT_ENOUGH = 0.96;
const GLYPH_MARGIN_PX = 2;

export interface LineLabelOptions {
  /** Properties to read the name from, first found wins. */
  names: string[];
  size_px: number;
  weight: number;
  family: string;
  fill: string;
  halo: string;
  halo_px: number;
  /** The same name again no nearer than this. */
  repeat_px: number;
}

interface Glyph {
  text: string;
  x: number;
  y: number;
}

/** A label symbolizer for protomaps-leaflet. */
export class CjkLineLabel implements LabelSymbolizer {
  constructor(private readonly options: LineLabelOptions) {}

  place(layout: Layout, lines: Point[][], feature: Feature): Labels {
    const name = this.#name_of(feature);
    if (!name) return undefined;
    const font = `${this.options.weight} ${this.options.size_px}px ${this.options.family}`;
    layout.scratch.font = font;
    const cjk = CJK.test(name);
    const letters = [...name];
    const advances = letters.map((letter) => layout.scratch.measureText(letter).width + (cjk ? 1 : 0));
    const width = advances.reduce((sum, advance) => sum + advance, 0);
    const placed = lines.flatMap((line) => {
      const path = new Path(line);
      return this.#middles(path.length, width).flatMap((middle) => {
        const run = this.#run(path, middle, width, letters, advances, cjk);
        return run ? [this.#label(name, font, run.glyphs, run.angle)] : [];
      });
    });
    return placed.length > 0 ? placed : undefined;
  }

  #name_of(feature: Feature): string | null {
    for (const key of this.options.names) {
      const value = feature.props[key];
      if (typeof value === 'string' && value !== '') return value.length <= LONGEST_NAME ? value : null;
    }
    return null;
  }

  /** Where along the line to try: evenly spread, and a little to either side in case the middle is taken or bent. */
  #middles(length: number, width: number): number[] {
    if (length < width * STRAIGHT_ENOUGH) return [];
    const count = Math.max(1, Math.floor(length / Math.max(this.options.repeat_px, width * 2)));
    return Array.from({ length: count }, (_, at) => (length * (at + 0.5)) / count).flatMap((middle) => [
      middle,
      middle - width * 0.6,
      middle + width * 0.6,
    ]);
  }

  /** The glyphs of one label centred there, or nothing where the street bends too much or ends. */
  #run(
    path: Path,
    middle: number,
    width: number,
    letters: string[],
    advances: number[],
    cjk: boolean,
  ): { glyphs: Glyph[]; angle: number } | null {
    const start = middle - width / 2;
    if (start < -2 || start + width > path.length + 2) return null;
    const [from, to] = [path.at(start), path.at(start + width)];
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    if (Math.hypot(dx, dy) < width * STRAIGHT_ENOUGH) return null;
    // Chinese on a steep street runs top to bottom with upright glyphs; everything else runs left to right.
    const steep = cjk && Math.abs(dy) > Math.abs(dx);
    const backwards = steep ? dy < 0 : dx < 0;
    let angle = Math.atan2(dy, dx);
    if (backwards) angle += Math.PI;
    if (steep) angle -= Math.PI / 2;
    const order = backwards ? [...letters.keys()].reverse() : [...letters.keys()];
    let along = start;
    const glyphs = order.map((index) => {
      const centre = path.at(along + advances[index]! / 2);
      along += advances[index]!;
      return { text: letters[index]!, x: centre.x, y: centre.y };
    });
    return { glyphs, angle };
  }

  #label(name: string, font: string, glyphs: Glyph[], angle: number) {
    const { size_px, fill, halo, halo_px, repeat_px } = this.options;
    const reach = size_px / 2 + GLYPH_MARGIN_PX;
    const middle = glyphs[Math.floor(glyphs.length / 2)]!;
    const anchor = new Point(middle.x, middle.y);
    return {
      anchor,
      // One small box a glyph instead of one large box a label: crossing streets keep their names.
      bboxes: glyphs.map(({ x, y }) => ({ minX: x - reach, minY: y - reach, maxX: x + reach, maxY: y + reach })),
      deduplicationKey: name,
      deduplicationDistance: repeat_px,
      draw: (context: CanvasRenderingContext2D) => {
        context.globalAlpha = 1;
        context.font = font;
        context.textAlign = 'center';
        context.textBaseline = 'middle';
        context.lineJoin = 'round';
        context.lineWidth = halo_px;
        context.strokeStyle = halo;
        context.fillStyle = fill;
        // All halos before all letters, so that no halo cuts into its neighbour.
        for (const write of [context.strokeText, context.fillText]) {
          for (const glyph of glyphs) {
            context.save();
            context.translate(glyph.x - anchor.x, glyph.y - anchor.y);
            context.rotate(angle);
            write.call(context, glyph.text, 0, 0);
            context.restore();
          }
        }
      },
    };
  }
}

/** A line measured along itself. */
class Path {
  readonly length: number;
  readonly #sums: number[] = [0];

  constructor(private readonly line: Point[]) {
    for (let index = 1; index < line.length; index++) {
      const [a, b] = [line[index - 1]!, line[index]!];
      this.#sums.push(this.#sums[index - 1]! + Math.hypot(b.x - a.x, b.y - a.y));
    }
    this.length = this.#sums.at(-1)!;
  }

  at(distance: number): { x: number; y: number } {
    const wanted = Math.max(0, Math.min(this.length, distance));
    let index = 1;
    while (index < this.#sums.length - 1 && this.#sums[index]! < wanted) index++;
    const [a, b] = [this.line[index - 1]!, this.line[index] ?? this.line[index - 1]!];
    const share = (wanted - this.#sums[index - 1]!) / ((this.#sums[index] ?? 0) - this.#sums[index - 1]! || 1);
    return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
  }
}
