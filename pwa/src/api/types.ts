/** The shapes that travel between the app and the server, under the names the screens use. */
import type { LineString } from 'geojson';

export type Uuid = string;
/** RFC 3339 with offset. */
export type Instant = string;
/** Longitude, latitude; WGS-84. */
export type LonLat = [number, number];

export interface Page<Item> {
  items: Item[];
  next: string | null;
}

// --- people and sessions -------------------------------------------------------------------------

export type Role = 'volunteer' | 'leader' | 'poster' | 'officer' | 'approver' | 'merchant' | 'admin';
export type Locale = 'zh-CN' | 'en';
export type ConsentKind = 'whereabouts' | 'photos';

export interface AreaRef {
  id: Uuid;
  path: string;
  name_zh: string;
  name_en: string;
}

export interface RoleHeld {
  role: Role;
  area: AreaRef | null;
  merchant_id: Uuid | null;
}

export interface Me {
  id: Uuid;
  name: string;
  phone_masked: string;
  locale: Locale;
  verified: boolean;
  adult: boolean;
  on_duty: boolean;
  home_area: AreaRef | null;
  team: { id: Uuid; name_zh: string; name_en: string } | null;
  roles: RoleHeld[];
  consents: Record<ConsentKind, boolean>;
  demo: boolean;
}

export interface Session {
  user: Me | null;
  server_time: Instant;
  demo: boolean;
  version: string;
}

export interface DemoLogin {
  key: string;
  name: string;
  role_zh: string;
  role_en: string;
  note_zh: string;
  note_en: string;
}

export interface Device {
  id: Uuid;
  device_name: string;
  created_at: Instant;
  last_seen_at: Instant;
  current: boolean;
}

/** A person as an administrator sees them; each role has the id by which it can be withdrawn. */
export interface PersonRow {
  id: Uuid;
  name: string;
  phone_masked: string;
  verified: boolean;
  on_duty: boolean;
  disabled_at: Instant | null;
  area: AreaRef | null;
  team: { id: Uuid; name_zh: string; name_en: string } | null;
  roles: (RoleHeld & { id: Uuid })[];
}

export interface AuditEntry {
  seq: number;
  at: Instant;
  action: string;
  kind: string;
  subject_id: string;
  actor_name: string | null;
  details: Record<string, unknown>;
}

export interface AuditVerdict {
  ok: boolean;
  checked: number;
  first_bad: Record<string, unknown> | null;
}

// --- areas ---------------------------------------------------------------------------------------

export interface Basemap {
  url: string;
  sha256: string;
  min_zoom: number;
  max_zoom: number;
}

export interface Area {
  id: Uuid;
  parent_id: Uuid | null;
  path: string;
  kind: 'district' | 'street' | 'community';
  name_zh: string;
  name_en: string;
  center: LonLat;
  /** West, south, east, north. */
  bounds: [number, number, number, number];
  time_zone: string;
  demo: boolean;
  basemap: Basemap | null;
}

// --- tasks ---------------------------------------------------------------------------------------

export type TaskKind = 'patrol' | 'fixed_post' | 'prevention_talk' | 'free_patrol';
export type TaskState =
  | 'draft'
  | 'in_review'
  | 'published'
  | 'active'
  | 'awaiting_review'
  | 'closed'
  | 'cancelled';
export type CancelReason = 'weather' | 'police' | 'poster' | 'expired';
export type AssignmentState =
  | 'held'
  | 'started'
  | 'paused'
  | 'finished'
  | 'accepted'
  | 'partial'
  | 'rejected'
  | 'released'
  | 'no_show';

export interface BothLanguages {
  zh: string;
  en: string;
}

export interface Stop {
  order: number;
  name: string;
  lon: number;
  lat: number;
  arrive: Instant;
  leave: Instant;
  dwell_s: number;
  reason: BothLanguages;
}

export interface Route {
  length_m: number;
  walk_s: number;
  dwell_s: number;
  geometry: LineString;
}

export interface Place {
  name: string;
  lon: number;
  lat: number;
}

export interface Task {
  id: Uuid;
  area_id: Uuid;
  area_name_zh: string;
  area_name_en: string;
  kind: TaskKind;
  state: TaskState;
  title_zh: string;
  title_en: string;
  brief_zh: string;
  brief_en: string;
  starts_at: Instant;
  ends_at: Instant;
  night: boolean;
  seats: number;
  seats_taken: number;
  full: boolean;
  points: number;
  place: Place | null;
  start: LonLat | null;
  route: Route | null;
  stops: Stop[];
  plan_id: Uuid | null;
  version: number;
  my_assignment: Assignment | null;
  distance_m: number | null;
  posted_by_name: string | null;
  created_at: Instant;
  demo: boolean;
}

export interface Assignment {
  id: Uuid;
  task_id: Uuid;
  user_id: Uuid;
  state: AssignmentState;
  leader: boolean;
  grabbed_at: Instant;
  hold_until: Instant | null;
  patrol_id: Uuid | null;
  points_awarded: number | null;
  review_note: string | null;
  task: Task | null;
}

export interface TaskTemplate {
  key: string;
  title_zh: string;
  title_en: string;
  do_zh: string;
  do_en: string;
}

export interface TaskKindInfo {
  kind: TaskKind;
  title_zh: string;
  title_en: string;
  needs_route: boolean;
  needs_place: boolean;
  default_minutes: number;
  default_seats: number;
  default_points: number;
  templates: TaskTemplate[];
}

export interface NewTask {
  id: Uuid;
  area_id: Uuid;
  kind: TaskKind;
  /** What is left out comes from the kind and its template. */
  title_zh?: string;
  title_en?: string;
  brief_zh?: string;
  brief_en?: string;
  starts_at: Instant;
  ends_at: Instant;
  seats?: number;
  points?: number;
  place?: Place;
  route_of?: Uuid;
  template?: string;
  publish?: boolean;
}

export interface TaskChange {
  version: number;
  title_zh?: string;
  title_en?: string;
  brief_en?: string;
  starts_at?: Instant;
  ends_at?: Instant;
  seats?: number;
  points?: number;
  brief_zh?: string;
}

// --- planning ------------------------------------------------------------------------------------

export type PlanState = 'solving' | 'ready' | 'failed' | 'published' | 'discarded';

export interface NewPlan {
  id: Uuid;
  area_id: Uuid;
  starts_at: Instant;
  ends_at: Instant;
  team_count: number;
  minutes: number;
  dwell_min: number;
  start: LonLat;
  seed?: number;
}

/** A place worth a patrol; `score` is 0 to 100, relative to the best. */
export interface Hotspot {
  lon: number;
  lat: number;
  score: number;
  reason: BothLanguages;
  name: string;
  name_en: string;
  kinds: string[];
  peak_hours: number[];
}

export interface PlanFigures {
  incidents: number;
  incidents_as_of: Instant | null;
  hotspots: number;
  routes: number;
  stops: number;
  length_m: number;
  /** What the routes are worth, as a share of what all hotspots are worth. */
  coverage_share: number;
}

export interface Plan {
  id: Uuid;
  area_id: Uuid;
  area_name_zh: string;
  area_name_en: string;
  state: PlanState;
  starts_at: Instant;
  ends_at: Instant;
  team_count: number;
  minutes: number;
  dwell_min: number;
  start: LonLat;
  seed: number;
  progress: number;
  failure: { code: string; params: Record<string, unknown> } | null;
  hotspots: Hotspot[];
  figures: PlanFigures | null;
  tasks: Task[];
  created_by_name: string;
  created_at: Instant;
  demo: boolean;
}

// --- patrols -------------------------------------------------------------------------------------

export type PatrolState = 'active' | 'awaiting_review' | 'accepted' | 'partial' | 'rejected';
export type ReviewDecision = 'accepted' | 'partial' | 'rejected';

export interface PatrolMember {
  user_id: Uuid;
  name: string;
  leader: boolean;
  state: AssignmentState | string;
  points_awarded: number | null;
}

export interface Patrol {
  id: Uuid;
  task_id: Uuid | null;
  task: Task | null;
  area_id: Uuid;
  kind: TaskKind;
  state: PatrolState;
  started_at: Instant;
  finished_at: Instant | null;
  members: PatrolMember[];
  length_m: number;
  minutes: number;
  stops_dwelt: number;
  stops_total: number;
  last_position: { lon: number; lat: number; at: Instant } | null;
  note: string | null;
  review_note: string | null;
  demo: boolean;
}

export interface NewPatrol {
  id: Uuid;
  assignment_id: Uuid | null;
  area_id?: Uuid;
  started_at: Instant;
}

export interface Fix {
  id: Uuid;
  at: Instant;
  lon: number;
  lat: number;
  accuracy_m: number;
  speed_m_s?: number | null;
  heading_deg?: number | null;
}

export interface FixesStored {
  stored: number;
  duplicates: number;
  refused: { id: Uuid; code: string }[];
}

export interface LivePatrol {
  patrol_id: Uuid;
  task_title_zh: string;
  task_title_en: string;
  people: number;
  position: { lon: number; lat: number; at: Instant; accuracy_m: number } | null;
  stale: boolean;
  stops_total: number;
  route: LineString | null;
  trail: LonLat[];
  started_at: Instant;
  demo: boolean;
}

export interface Live {
  patrols: LivePatrol[];
  on_duty: number;
  as_of: Instant;
}

export interface DeskTodo {
  kind: string;
  id: Uuid;
  code: string;
  params: Record<string, unknown>;
  at: Instant;
}

export interface Desk {
  on_duty: number;
  units_out: number;
  units_planned: number;
  active: number;
  coverage_share: number | null;
  grab_seconds_p50: number | null;
  open_tasks: number;
  awaiting_review: number;
  drafts: number;
  live_alerts: number;
  incidents_as_of: Instant | null;
  todo: DeskTodo[];
}

// --- points and rewards --------------------------------------------------------------------------

export interface PointsLine {
  code: string;
  points: number;
  params: Record<string, unknown>;
}

export interface PointsItem {
  id: Uuid;
  at: Instant;
  amount: number;
  code: string;
  title_zh: string;
  title_en: string;
  lines: PointsLine[];
  reference_id: Uuid | null;
}

export interface Points {
  balance: number;
  earned_total: number;
  items: PointsItem[];
}

export interface MerchantPlace {
  id: Uuid;
  name_zh: string;
  name_en: string;
  address: string;
  lon: number;
  lat: number;
  distance_m: number | null;
}

export interface Offer {
  id: Uuid;
  merchant: MerchantPlace;
  title_zh: string;
  title_en: string;
  terms_zh: string;
  terms_en: string;
  cost: number;
  stock: number;
  per_person_cap: number | null;
  image_url: string | null;
  affordable: boolean;
}

export type VoucherState = 'issued' | 'redeemed' | 'expired' | 'refunded';

export interface Voucher {
  id: Uuid;
  state: VoucherState;
  offer: Offer;
  /** Eight digits. */
  code: string;
  qr_token: string | null;
  qr_valid_until: Instant | null;
  cost: number;
  issued_at: Instant;
  redeemed_at: Instant | null;
  merchant: MerchantPlace;
}

export interface MerchantDay {
  merchant: MerchantPlace;
  offers: Offer[];
  today: { redeemed: number; points: number };
  recent: Voucher[];
}

export interface NewOffer {
  id: Uuid;
  title_zh: string;
  title_en?: string;
  terms_zh?: string;
  terms_en?: string;
  cost: number;
  stock: number;
  per_person_cap?: number | null;
}

// --- alerts --------------------------------------------------------------------------------------

export type AlertState = 'draft' | 'submitted' | 'approved' | 'live' | 'closed' | 'recalled' | 'purged';
export type AlertOutcome = 'found' | 'cleared' | 'withdrawn';

export interface AlertDraft {
  headline_zh: string;
  headline_en?: string;
  clothing_zh: string;
  behaviour_zh?: string;
  last_seen_at: Instant;
  last_seen_place: string;
  lon: number;
  lat: number;
  radius_m: number;
  direction_zh?: string;
  expires_at: Instant;
  contact_phone: string;
}

export interface AlertCounts {
  audience: number;
  sent: number;
  delivered: number;
  opened: number;
  purged: number;
}

export interface AlertMoment {
  at: Instant;
  code: string;
  params: Record<string, unknown>;
}

/** What a recipient sees; the desk's view adds `counts` and `timeline`. */
export interface Alert {
  id: Uuid;
  area_id: Uuid;
  kind: 'missing_person';
  state: AlertState;
  headline_zh: string;
  headline_en: string;
  clothing_zh: string;
  behaviour_zh: string | null;
  last_seen_at: Instant;
  last_seen_place: string;
  lon: number;
  lat: number;
  radius_m: number;
  direction_zh: string | null;
  expires_at: Instant;
  contact_phone: string;
  has_photo: boolean;
  published_by_name: string | null;
  distance_m: number | null;
  updates: { at: Instant; text_zh: string }[];
  counts: AlertCounts | null;
  timeline: AlertMoment[] | null;
  composed_by: Uuid | null;
  demo: boolean;
}

export interface NewSighting {
  id: Uuid;
  at: Instant;
  lon: number;
  lat: number;
  behaviour_zh: string;
  direction?: string;
  certainty?: string;
}

export interface Sighting extends NewSighting {
  by_name: string | null;
  patrol_title_zh: string | null;
  received_at: Instant;
}

// --- messages ------------------------------------------------------------------------------------

export interface Ref {
  kind: string;
  id: Uuid;
}

export interface Message {
  seq: number;
  kind: string;
  ref: Ref | null;
  title_zh: string;
  title_en: string;
  body_zh: string;
  body_en: string;
  at: Instant;
}

/** A moving dot for the desk; never stored, never replayed. */
export interface LivePosition {
  patrol_id: Uuid;
  lon: number;
  lat: number;
  at: Instant;
}
