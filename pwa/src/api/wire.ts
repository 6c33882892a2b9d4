/** Every request the app makes: method and path, what goes along, what comes back. */
import type { Feature, MultiLineString } from 'geojson';
import type * as t from './types';

interface Place {
  lon?: number;
  lat?: number;
}

/**
 * One line an operation. `query` and `body` name what goes along; path parameters are read off the path itself.
 * `answer: void` is a 204.
 */
export interface Wire {
  // people and sessions
  'GET /api/session': { answer: t.Session };
  'POST /api/session': { body: { phone: string; password: string; totp?: string; device_name: string }; answer: t.Me };
  'DELETE /api/session': { answer: void };
  'POST /api/session/reauthenticate': { body: { password: string }; answer: t.Me };
  'GET /api/demo/logins': { answer: t.DemoLogin[] };
  'POST /api/demo/login': { body: { key: string }; answer: t.Me };
  'POST /api/people': {
    body: {
      phone: string;
      name: string;
      password: string;
      birth_year: number;
      invite_code: string;
      locale: t.Locale;
    };
    answer: t.Me;
  };
  'PATCH /api/me': { body: { locale?: t.Locale; name?: string }; answer: t.Me };
  'PUT /api/me/duty': { body: { on_duty: boolean }; answer: t.Me };
  'PUT /api/me/consents/{kind}': { body: { granted: boolean; version: string }; answer: t.Me };
  'GET /api/me/devices': { answer: t.Device[] };
  'DELETE /api/me/devices/{id}': { answer: void };
  'GET /api/people': { query: { area_id: string; q?: string }; answer: t.Page<t.PersonRow> };
  'POST /api/people/{id}/disable': { body: { reason: string }; answer: t.PersonRow };
  'POST /api/people/{id}/enable': { answer: t.PersonRow };
  'POST /api/people/{id}/verify': { answer: t.PersonRow };
  'POST /api/people/{id}/roles': { body: { role: t.Role; area_id: string }; answer: t.PersonRow };
  'DELETE /api/people/{id}/roles/{grant_id}': { answer: t.PersonRow };
  'GET /api/audit': { query: { area_id: string; before?: string }; answer: t.Page<t.AuditEntry> };
  'POST /api/audit/verify': { query: { area_id: string }; answer: t.AuditVerdict };

  // areas
  'GET /api/areas': { answer: t.Area[] };
  'GET /api/areas/{id}/boundary': { answer: Feature };

  // planning
  'POST /api/plans': { body: t.NewPlan; answer: t.Plan };
  'GET /api/plans': { query: { area_id: string; before?: string }; answer: t.Page<t.Plan> };
  'GET /api/plans/{id}': { answer: t.Plan };
  'POST /api/plans/{id}/publish': { body: { task_ids: string[] }; answer: t.Plan };
  'POST /api/plans/{id}/discard': { answer: t.Plan };

  // tasks
  'GET /api/task-kinds': { answer: t.TaskKindInfo[] };
  'GET /api/tasks': {
    query: Place & {
      area_id?: string;
      kind?: t.TaskKind;
      state?: t.TaskState;
      scope?: 'open' | 'mine' | 'desk';
      cursor?: string;
    };
    answer: t.Page<t.Task>;
  };
  'GET /api/tasks/{id}': { query: Place; answer: t.Task };
  'POST /api/tasks': { body: t.NewTask; answer: t.Task };
  'PATCH /api/tasks/{id}': { body: t.TaskChange; answer: t.Task };
  'POST /api/tasks/{id}/publish': { body: { version: number }; answer: t.Task };
  'POST /api/tasks/{id}/cancel': { body: { reason: t.CancelReason }; answer: t.Task };
  'POST /api/tasks/{id}/grab': { body: { id: string }; answer: t.Assignment };
  'POST /api/assignments/{id}/release': { body: { reason?: string }; answer: t.Assignment };
  'GET /api/me/assignments': { query: { state: 'open' | 'past' }; answer: t.Page<t.Assignment> };

  // patrols
  'POST /api/patrols': { body: t.NewPatrol; answer: t.Patrol };
  'POST /api/patrols/{id}/fixes': { body: { fixes: t.Fix[] }; answer: t.FixesStored };
  'POST /api/patrols/{id}/finish': { body: { finished_at: string; note?: string }; answer: t.Patrol };
  'GET /api/patrols/{id}': { answer: t.Patrol };
  'GET /api/me/patrol': { answer: t.Patrol | null };
  'GET /api/patrols': {
    query: { area_id: string; state: 'awaiting_review' | 'active' | 'recent'; cursor?: string };
    answer: t.Page<t.Patrol>;
  };
  'GET /api/patrols/{id}/track': { answer: Feature<MultiLineString> };
  'POST /api/patrols/{id}/review': {
    body: { decision: t.ReviewDecision; note?: string; version?: number };
    answer: t.Patrol;
  };
  'GET /api/live': { query: { area_id: string }; answer: t.Live };
  'GET /api/desk': { query: { area_id: string }; answer: t.Desk };

  // points and rewards
  'GET /api/me/points': { answer: t.Points };
  'GET /api/offers': { query: Place & { area_id?: string }; answer: t.Offer[] };
  'POST /api/offers/{id}/buy': { body: { id: string }; answer: t.Voucher };
  'GET /api/me/vouchers': { answer: t.Voucher[] };
  'GET /api/vouchers/{id}': { answer: t.Voucher };
  'GET /api/merchant': { answer: t.MerchantDay };
  'POST /api/merchant/redeem': { body: { token?: string; code?: string }; answer: { voucher: t.Voucher } };
  'POST /api/merchant/offers': { body: t.NewOffer; answer: t.Offer };
  'PATCH /api/merchant/offers/{id}': { body: Partial<t.NewOffer>; answer: t.Offer };

  // alerts
  'POST /api/alerts': {
    body: t.AlertDraft & { id: string; area_id: string; kind: 'missing_person' };
    answer: t.Alert;
  };
  'PATCH /api/alerts/{id}': { body: Partial<t.AlertDraft>; answer: t.Alert };
  'PUT /api/alerts/{id}/photo': { body: Blob; answer: t.Alert };
  'GET /api/alerts/{id}/photo': { answer: Blob };
  'POST /api/alerts/{id}/submit': { answer: t.Alert };
  'POST /api/alerts/{id}/approve': { answer: t.Alert };
  'POST /api/alerts/{id}/update': { body: { text_zh: string }; answer: t.Alert };
  'POST /api/alerts/{id}/close': { body: { outcome: t.AlertOutcome; note?: string }; answer: t.Alert };
  'GET /api/alerts': { query: { area_id: string; state?: t.AlertState }; answer: t.Page<t.Alert> };
  'GET /api/alerts/{id}': { answer: t.Alert };
  'GET /api/alerts/{id}/audience': { answer: { count: number; nearest_m: number | null } };
  'POST /api/alerts/{id}/receipts': {
    body: { kind: 'delivered' | 'opened' | 'purged'; at: string };
    answer: void;
  };
  'POST /api/alerts/{id}/sightings': { body: t.NewSighting; answer: t.Sighting };
  'GET /api/alerts/{id}/sightings': { answer: t.Page<t.Sighting> };
  'GET /api/me/alerts': { answer: t.Alert[] };

  // messages and push
  'GET /api/me/messages': { query: { before?: string }; answer: t.Page<t.Message> };
  'GET /api/push/key': { answer: { public_key: string } };
  'POST /api/push/subscriptions': {
    body: { endpoint: string; keys: { p256dh: string; auth: string }; device_name: string };
    answer: void;
  };
  'DELETE /api/push/subscriptions': { body: { endpoint: string }; answer: void };
  'POST /api/push/test': { answer: void };
}

export type Operation = keyof Wire;
export type Answer<Op extends Operation> = Wire[Op]['answer'];

type ParametersOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParametersOf<Rest>
  : never;
type PathPart<Op extends Operation> =
  ParametersOf<Op> extends never ? unknown : { path: Record<ParametersOf<Op>, string> };
type QueryPart<Op extends Operation> = Wire[Op] extends { query: infer Query }
  ? Partial<Query> extends Query
    ? { query?: Query }
    : { query: Query }
  : unknown;
type BodyPart<Op extends Operation> = Wire[Op] extends { body: infer Body } ? { body: Body } : unknown;

/** What a call of this operation needs: `path`, `query` and `body`, each only where the operation has it. */
export type Sent<Op extends Operation> = PathPart<Op> & QueryPart<Op> & BodyPart<Op>;
/** An operation that needs nothing may be called with nothing. */
export type SentArguments<Op extends Operation> =
  Partial<Sent<Op>> extends Sent<Op> ? [sent?: Sent<Op>] : [sent: Sent<Op>];
