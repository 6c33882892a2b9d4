/**
 * Every request the app can make, read off the server's own OpenAPI document (schema.d.ts, made by `npm run types`), so
 * that a change on the server that the app does not follow fails to compile.
 */
import type { paths } from './schema';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Paths are written with `{id}` for the thing itself, whatever the server calls that parameter. */
type Tidy<Path extends string> = Path extends `${infer Before}/{${string}_id}${infer After}`
  ? `${Before}/{id}${After}`
  : Path;

interface Described {
  responses: Record<number | string, unknown>;
}

type Described_as<Thing> = Thing extends Described ? Thing : never;

type Pairs = {
  [Path in keyof paths & string]: {
    [M in Method]: paths[Path][M] extends Described
      ? [operation: `${Uppercase<M>} ${Tidy<Path>}`, described: Described_as<paths[Path][M]>]
      : never;
  }[Method];
}[keyof paths & string];

type Described_by = { [Pair in Pairs as Pair[0]]: Pair[1] };

type Content<Thing> = Thing extends { content: { 'application/json': infer Json } }
  ? Json
  : Thing extends { content: Record<string, unknown> }
    ? Blob
    : void;
type Success<Responses> = Content<Responses[keyof Responses & (200 | 201 | 202 | 204)]>;

type QueryOf<Op> = Op extends { parameters: { query?: infer Query } }
  ? [Exclude<Query, undefined>] extends [never]
    ? unknown
    : Op extends { parameters: { query: infer Needed } }
      ? { query: Needed }
      : { query?: Exclude<Query, undefined> }
  : unknown;
type BodyOf<Op> = Op extends { requestBody: infer Body }
  ? { body: Content<Body> }
  : Op extends { requestBody?: infer Body }
    ? [Exclude<Body, undefined>] extends [never]
      ? unknown
      : { body?: Content<Exclude<Body, undefined>> }
    : unknown;

/** One entry an operation: what goes along besides the path's parameters, and what comes back. */
export type Wire = {
  [Op in keyof Described_by]: {
    sent: QueryOf<Described_by[Op]> & BodyOf<Described_by[Op]>;
    answer: Success<Described_by[Op]['responses']>;
  };
} & BytesSent;

/** Bodies that are bytes, not JSON; the OpenAPI document does not describe them. */
interface BytesSent {
  'PUT /api/alerts/{id}/photo': { sent: { body: Blob } };
  'PUT /api/sightings/{id}/photo': { sent: { body: Blob } };
  'POST /api/incidents/imports': { sent: { body: Blob } };
  'POST /api/plans/import': { sent: { body: Blob } };
  'PUT /api/map-imports/{id}/parts': { sent: { body: Blob } };
  'POST /api/patrols/{id}/gpx': { sent: { body: Blob } };
  'PATCH /api/reports/{id}/photos/{photo_id}': { sent: { body: Blob } };
  'PATCH /api/patrols/{id}/visits/{visit_id}/photo': { sent: { body: Blob } };
  'PUT /api/merchant/offers/{id}/image': { sent: { body: Blob } };
}

export type Operation = keyof Wire;
export type Answer<Op extends Operation> = Wire[Op]['answer'];

type ParametersOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParametersOf<Rest>
  : never;
type PathPart<Op extends Operation> =
  ParametersOf<Op> extends never ? unknown : { path: Record<ParametersOf<Op>, string> };

/** What a call of this operation needs: `path`, `query` and `body`, each only where the operation has it. */
export type Sent<Op extends Operation> = PathPart<Op> & Wire[Op]['sent'];
/** An operation that needs nothing may be called with nothing. */
export type SentArguments<Op extends Operation> =
  Partial<Sent<Op>> extends Sent<Op> ? [sent?: Sent<Op>] : [sent: Sent<Op>];
