/** The shapes that travel between the app and the server, under the names the screens use. */
import type { components } from './schema';

type Shape = components['schemas'];

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
export type ConsentKind = keyof Shape['Consents'];
export type AreaRef = Shape['AreaRef'];
export type RoleHeld = Shape['RoleOut'];
export type Me = Shape['Me'];
export type Session = Shape['SessionOut'];
export type DemoLogin = Shape['DemoLogin'];
export type Device = Shape['Device'];
export type PersonRow = Shape['PersonOut'];
export type PersonAdded = Shape['PersonAdded'];
export type TeamRow = Shape['TeamOut'];
export type AuditEntry = Shape['AuditEntryOut'];

// --- other systems ---------------------------------------------------------------------------------

export type IntegrationKey = Shape['KeyOut'];
export type Webhook = Shape['WebhookOut'];
export type AlertProposal = Shape['ProposalOut'];

// --- areas ---------------------------------------------------------------------------------------

export type Basemap = Shape['BaseMap'];
export type Area = Shape['AreaOut'];
export type NamedPlace = Shape['NamedPlaceOut'];
export type MapImport = Shape['MapImportOut'];
export type NewMapImport = Shape['MapImportNew'];

// --- tasks ---------------------------------------------------------------------------------------

export type TaskKind = 'patrol' | 'fixed_post' | 'prevention_talk' | 'mediation' | 'visit' | 'help_request' | 'free_patrol';
export type TaskState =
  | 'draft'
  | 'in_review'
  | 'published'
  | 'active'
  | 'awaiting_review'
  | 'closed'
  | 'cancelled';
export type CancelReason = Shape['Cancellation']['reason'];
export type BothLanguages = Shape['Said'];
export type Stop = Shape['StopOut'];
export type Route = Shape['RouteOut'];
export type Place = Shape['PlaceOut'];
export type Task = Shape['TaskOut'];
export type Assignment = Shape['AssignmentOut'];
export type TaskKindInfo = Shape['KindOut'];
export type TaskTemplate = Shape['TemplateOut'];
export type NewTask = Shape['TaskNew'];
export type TaskChange = Shape['TaskPatch'];

/** A task in one line, as a lost race offers it; every Task is one too. */
export type TaskBrief = Pick<
  Task,
  | 'id'
  | 'kind'
  | 'title_zh'
  | 'title_en'
  | 'starts_at'
  | 'ends_at'
  | 'night'
  | 'seats'
  | 'seats_taken'
  | 'points'
  | 'distance_m'
> &
  Partial<Pick<Task, 'full' | 'my_assignment' | 'route'>>;

// --- planning ------------------------------------------------------------------------------------

export type PlanState = 'solving' | 'ready' | 'failed' | 'published' | 'discarded';
export type NewPlan = Shape['PlanNew'];
export type Hotspot = Shape['HotspotOut'];
export type Plan = Shape['PlanOut'];
export type PlanTeams = Shape['PlanTeamsIn'];
export type PlanTeam = Shape['PlanTeamOut'];
export type Reach = Shape['Reach'];
export type ReachArea = Shape['ReachArea'];
export type ReachProfile = NonNullable<Shape['ReachAsk']['profile']>;
export type PlanBest = Shape['PlanBestOut'];
export type PlanEdit = Shape['PlanEditOut'];
export type NewPlanEdit = Shape['PlanEditIn'];
export type RouteCandidate = Shape['RouteCandidate'];
export type PlanHazards = Shape['PlanHazards'];
export type RouteHazards = Shape['RouteHazards'];
export type HazardNote = Shape['HazardNoteOut'];
export type NewHazardNote = Shape['HazardNoteNew'];
export type RouteCandidates = Shape['RouteCandidates'];
export type Profile = PlanTeams['profile'];
/** How strictly something is held. */
export type Step = NonNullable<NewPlan['fairness']>;

// --- incidents -----------------------------------------------------------------------------------

export type IncidentImport = Shape['ImportOut'];
export type ImportState = IncidentImport['state'];
export type DatumName = NonNullable<IncidentImport['datum']>;
export type ImportField = Shape['PreviewOut']['missing'][number];
export type IncidentKind = Shape['IncidentKindOut'];
export type NewIncident = Shape['IncidentNew'];
// --- hotspots ------------------------------------------------------------------------------------

export type Hotspots = Shape['HotspotsOut'];
export type Outlook = Shape['OutlookOut'];
export type HotspotCells = Shape['CellsOut'];
export type Spot = Shape['SpotOut'];
export type HotspotKind = Shape['HotspotKind'];
export type MetCell = Shape['MetCell'];
export type Fairness = Shape['FairnessOut'];
export type CommunityShare = Shape['CommunityShare'];

// --- patrols -------------------------------------------------------------------------------------

export type AcceptedPart = Shape['AcceptedPart'];
export type ReviewDecision = Shape['ReviewIn']['decision'];
export type Mate = Shape['MatePosition'];
export type PatrolMember = Shape['MemberOut'];
export type Patrol = Shape['PatrolOut'];
export type NewPatrol = Shape['PatrolStart'];
export type Fix = Shape['FixIn'];
export type WalkPackage = Shape['WalkPackage'];
export type LogKind = Shape['LogIn']['kind'];
export type NewVisit = Shape['VisitIn'];
export type Visit = Shape['VisitOut'];
export type Checkpoint = Shape['CheckpointOut'];
export type CompanionCode = Shape['CompanionCode'];
export type Tracker = Shape['TrackerOut'];
export type PrivacyReceipt = Shape['PrivacyReceipt'];
export type Finding = Shape['FindingOut'];
/** A warning of a place, for those who walk there. */
export type RouteNote = Shape['RouteNote'];
/** What lies behind a patrol's findings, to be drawn. */
export type Evidence = Shape['Evidence'];
export type LivePatrol = Shape['LivePatrol'];
export type Live = Shape['LiveOut'];
export type Desk = Shape['DeskOut'];
export type DeskTodo = Shape['Todo'];

// --- points and rewards --------------------------------------------------------------------------

export type Points = Shape['PointsOut'];
export type PointsItem = Shape['PointsRow'];
export type PointsLine = Shape['LineOut'];
export type MerchantPlace = Shape['MerchantRef'];
export type Offer = Shape['OfferOut'];
export type VoucherState = 'issued' | 'redeemed' | 'expired' | 'refunded';
export type Voucher = Shape['VoucherOut'];
export type MerchantDay = Shape['MerchantHome'];
export type Redeemed = Shape['RedeemedOut'];
export type NewOffer = Shape['OfferIn'];
export type OfferChange = Shape['OfferPatch'];
export type MyShop = Shape['MyMerchant'];
export type ShopApplication = Shape['ApplicationOut'];
export type Branch = Shape['BranchOut'];
export type ShopStaff = Shape['StaffOut'];
export type NewShopStaff = Shape['NewStaff'];
export type ShopOnFile = Shape['MerchantAdminOut'];
export type Settlement = Shape['SettlementOut'];
export type SettlementDetail = Shape['SettlementDetail'];
export type SettlementLine = Shape['SettlementLineOut'];
export type RuleVersion = Shape['RuleVersion'];
export type RulesPreview = Shape['RulesPreview'];
export type Budgets = Shape['BudgetList'];
export type Budget = Shape['BudgetOut'];
export type FraudSignal = Shape['SignalOut'];
export type Deed = Shape['DeedOut'];
export type DeedPerson = Shape['DeedPerson'];
export type RewardSettings = Shape['RewardSettings'];
export type Badge = Shape['BadgeOut'];
export type Certificate = Shape['CertificateOut'];

// --- alerts --------------------------------------------------------------------------------------

export type AlertDraft = Shape['AlertDraft'];
export type AlertChange = Shape['AlertChange'];
/** What a recipient sees; for the police also counts, timeline and who did what. */
export type Alert = Shape['AlertOut'];
export type AlertKind = 'missing_person' | 'person_sought' | 'vehicle' | 'danger';
export type AlertSubject = NonNullable<Alert['subject']>;
export type SightingStep = Shape['SightingStepIn'];
export type SightingOutcome = NonNullable<SightingStep['outcome']>;
export type PhotoView = Shape['PhotoViewOut'];
export type AlertState = Alert['state'];
export type AlertOutcome = Shape['AlertEnd']['outcome'];
export type AlertCounts = Shape['AlertCounts'];
export type AlertMoment = Shape['AlertMoment'];
export type Audience = Shape['Audience'];
export type Receipt = Shape['ReceiptIn'];
export type NewSighting = Shape['SightingIn'];
export type GroupRobot = Shape['RobotOut'];
export type MySighting = Shape['MySighting'];
export type Recipient = Shape['RecipientOut'];
export type Sighting = Shape['SightingOut'];

// --- calls for help ------------------------------------------------------------------------------

export type NewSosCall = Shape['SosIn'];
export type SosCall = Shape['SosOut'];
export type SosOutcome = Shape['SosEnd']['outcome'];

// --- reports ------------------------------------------------------------------------------------

export type NewFeedback = Shape['FeedbackIn'];
export type Feedback = Shape['FeedbackOut'];
export type NewReport = Shape['ReportIn'];
export type Report = Shape['ReportOut'];
export type ReportMove = Shape['ReportMove'];
export type ListedWords = Shape['WordList'];

// --- messages ------------------------------------------------------------------------------------

export type Ref = Shape['RefOut'];
export type Message = Shape['MessageOut'];

/** A moving dot for the desk; never stored, never replayed. */
export interface LivePosition {
  patrol_id: Uuid;
  lon: number;
  lat: number;
  at: Instant;
}
