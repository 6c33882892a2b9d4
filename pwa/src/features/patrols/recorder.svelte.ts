/** The patrol being walked on this phone: positions taken, kept, sent; it outlives screens, reloads and lost networks. */
import { call, server_now_ms } from '../../api/client';
import { outbox } from '../../api/outbox.svelte';
import { OfflineError, ProblemError } from '../../api/problem';
import { keep_sealed, kept_sealed } from '../../api/seal';
import { session } from '../../api/session.svelte';
import type { Assignment, Fix, RouteNote, LogKind, LonLat, Patrol, Task, WalkPackage } from '../../api/types';
import { uuid7 } from '../../api/uuid';
import { demo_place } from '../../app/demo_town';
import { shake } from '../../app/shake';
import { parts_of } from '../../map/geo';
import { round_about, watch_in_demo, type Seen } from './demo_walk';
import { is_past, to_tell } from './minding';
import { get_package, get_warnings, type WalkOf } from './package';
import { LONGEST_STEP_S, advance, lengthen, start_progress, type Progress } from './progress';

/** No more than one position in this time is kept; a walker moves some five metres. */
const FIX_EVERY_MS = 4_000;
const SEND_EVERY_MS = 10_000;
/** Positions less certain than this say nothing about a street. */
const WORST_ACCURACY_M = 150;

/** `elsewhere`: another page of this browser takes the positions. */
export type Gps = 'off' | 'waiting' | 'on' | 'denied' | 'unavailable' | 'elsewhere';

interface Recording {
  patrol: Patrol | null;
  progress: Progress | null;
  here: Fix | null;
  /** The way walked, a line for each stretch without a gap. */
  stretches: LonLat[][];
  /** How long the last gap was, until the person has seen it said. */
  gap_s: number | null;
  /** Matters logged on the way, by kind. */
  logs: Partial<Record<LogKind, number>>;
  /** What was fetched for walking without a network. */
  package: WalkPackage | null;
  /** Places on this walk that somebody warned of. */
  warnings: RouteNote[];
  /** The one that is near now, until it is past or the person has seen it; and those told already. */
  minding: RouteNote | null;
  told: string[];
  gps: Gps;
  /** In the demo: the positions are made up, because this phone is not in its town. */
  simulated: boolean;
  /** The server has not yet been told that this patrol began. */
  start_queued: boolean;
  /** The end is on the phone and waits for the network. */
  finish_queued: boolean;
  /** Why the server refused the start or the end when it was told later. */
  refused: ProblemError | null;
}

interface KeptRecording extends Omit<Recording, 'gps' | 'gap_s' | 'package' | 'warnings' | 'minding' | 'refused' | 'here' | 'simulated'> {
  finish_id: string | null;
}

const nothing: Recording = {
  patrol: null,
  progress: null,
  here: null,
  stretches: [],
  gap_s: null,
  logs: {},
  package: null,
  warnings: [],
  minding: null,
  told: [],
  gps: 'off',
  simulated: false,
  start_queued: false,
  finish_queued: false,
  refused: null,
};

export const recorder = $state<Recording>({ ...nothing });

/** Stops the watch that is under way. */
let watching: (() => void) | null = null;
let sender: ReturnType<typeof setInterval> | undefined;
let wake: WakeLockSentinel | null = null;
let let_go: (() => void) | null = null;
let last_fix_ms = 0;
let finish_id: string | null = null;

const now = () => new Date(server_now_ms()).toISOString();

/**
 * Starts a patrol: on a held task, or a free one in an area. Without a network it starts on the phone and the server is
 * told later. `companions` are the codes scanned off mates' phones: they walk along from the start.
 * @throws ProblemError when the server refuses (no consent, already on a patrol).
 */
export async function start_patrol(
  from: { assignment: Assignment; task: Task } | { area_id: string },
  companions: string[] = [],
): Promise<void> {
  const user = session.user!;
  const held = 'assignment' in from ? from : null;
  const body = {
    id: uuid7(),
    assignment_id: held?.assignment.id ?? null,
    area_id: held ? held.task.area_id : (from as { area_id: string }).area_id,
    started_at: now(),
    companions,
  };
  let patrol: Patrol;
  let start_queued = false;
  try {
    patrol = await call('POST /api/patrols', { body });
  } catch (error) {
    if (!(error instanceof OfflineError)) throw error;
    await obey_night_rule(held ? { assignment_id: held.assignment.id } : { area_id: body.area_id }, companions);
    await outbox.add(body.id, 'POST /api/patrols', { body });
    patrol = patrol_on_phone(body, held?.task ?? null, user.id, user.name);
    start_queued = true;
  }
  const task = patrol.task ?? held?.task ?? null;
  const seat = held && { ...held.assignment, task: null };
  begin({ ...patrol, task: task && { ...task, my_assignment: task.my_assignment ?? seat } }, start_queued);
}

/**
 * Joins what the person walks whose code was scanned. Without a network, or before the leader's own start has arrived, it is
 * kept and tried again: `queued`.
 * @throws ProblemError when the server refuses (no seat free, an old code, already on a patrol).
 */
export async function join_patrol(token: string): Promise<'joined' | 'queued'> {
  const body = { token, at: now() };
  try {
    begin(await call('POST /api/patrols/join', { body }), false);
    return 'joined';
  } catch (error) {
    const waits = error instanceof OfflineError || (error instanceof ProblemError && error.code === 'leader-not-walking');
    if (!waits) throw error;
    await outbox.add(uuid7(), 'POST /api/patrols/join', { body });
    return 'queued';
  }
}

/** Takes the server's newest word on the patrol being walked: who walks along, who leads. */
export async function learn_patrol(patrol: Patrol): Promise<void> {
  if (recorder.patrol?.id !== patrol.id) return;
  if (patrol.state !== 'active') {
    // Ended by the leader, from another device, or because nobody answered.
    if (!recorder.finish_queued) await stop();
    return;
  }
  recorder.patrol = { ...patrol, task: patrol.task ?? recorder.patrol.task };
  await save();
}

/** At night nobody sets out alone, without a network neither: judged by what the kept package knows and by the mates scanned. */
async function obey_night_rule(of: WalkOf, companions: string[]): Promise<void> {
  const rule = (await get_package(of))?.night_team;
  if (!rule?.needed || rule.ok || companions.length > 0) return;
  const { people, people_min, experienced, experienced_min } = rule;
  throw new ProblemError({
    type: 'about:blank',
    title: 'Two walk at night',
    status: 409,
    code: 'night-team-needed',
    params: { people, people_min, experienced, experienced_min },
  });
}

function patrol_on_phone(
  body: { id: string; area_id: string; started_at: string },
  task: Task | null,
  user_id: string,
  name: string,
): Patrol {
  return {
    id: body.id,
    task_id: task?.id ?? null,
    task,
    area_id: body.area_id,
    area_name_zh: task?.area_name_zh ?? '',
    area_name_en: task?.area_name_en ?? '',
    night: task?.night ?? false,
    kind: task?.kind ?? 'free_patrol',
    state: 'active',
    started_at: body.started_at,
    finished_at: null,
    members: [{ user_id, name, leader: true, state: 'started', points_awarded: null }],
    length_m: 0,
    minutes: 0,
    stops_dwelt: 0,
    stops_total: task?.stops.length ?? 0,
    last_position: null,
    note: null,
    review_note: null,
    demo: false,
  };
}

function begin(patrol: Patrol, start_queued: boolean): void {
  Object.assign(recorder, { ...nothing, patrol, start_queued, progress: start_progress(patrol.task?.stops ?? []), stretches: [], told: [], warnings: [], logs: { ...patrol.logs } });
  finish_id = null;
  void load_package();
  void save();
  listen();
}

/**
 * Ends the patrol. Returns `done` when the server has it, `queued` when it is only on this phone.
 * @throws ProblemError when the server refuses.
 */
export async function finish_patrol(note: string): Promise<'done' | 'queued'> {
  const patrol = recorder.patrol!;
  finish_id ??= uuid7();
  recorder.finish_queued = true;
  recorder.refused = null;
  deafen();
  const body = { finished_at: now(), ...(note.trim() ? { note: note.trim() } : {}) };
  await outbox.add(finish_id, 'POST /api/patrols/{id}/finish', { path: { id: patrol.id }, body }, patrol.id);
  await save();
  await outbox.flush();
  if (recorder.refused) throw recorder.refused as ProblemError;
  return recorder.patrol === null ? 'done' : 'queued';
}

/** Picks up what this phone was recording, and what the server knows of it; called once a person is known. */
export async function resume_patrol(): Promise<void> {
  const user_id = session.user?.id;
  if (!user_id) return stop();
  const kept = await kept_sealed<KeptRecording>(`patrol ${user_id}`);
  if (kept?.patrol) {
    take_up(kept);
  }
  try {
    const { patrol: running } = await call('GET /api/me/patrol');
    if (session.user?.id !== user_id) return;
    if (running && running.id !== recorder.patrol?.id) begin(running, false);
    else if (!running && recorder.patrol && !recorder.start_queued && !recorder.finish_queued) await stop();
  } catch {
    // Without the server the kept recording goes on.
  }
}

function take_up(kept: KeptRecording): void {
  finish_id = kept.finish_id;
  Object.assign(recorder, { ...nothing, ...kept });
  void load_package();
  if (!kept.finish_queued) listen();
}

/** Goes on recording in this page, from where the other page is by now; the other one stops. */
export async function record_here(): Promise<void> {
  if (!session.user || !recorder.patrol || recorder.gps !== 'elsewhere') return;
  const kept = await kept_sealed<KeptRecording>(`patrol ${session.user.id}`);
  if (kept?.patrol) take_up(kept);
  else await stop();
}

/** Forgets the recording on this phone; what waits in the outbox stays there. */
async function stop(): Promise<void> {
  deafen();
  Object.assign(recorder, { ...nothing, stretches: [], told: [], warnings: [], logs: {} });
  finish_id = null;
  if (session.user) await keep_sealed(`patrol ${session.user.id}`, null);
}

/** The package of this walk and its warnings: the network's, or those kept since the grab. */
async function load_package(): Promise<void> {
  const patrol = recorder.patrol;
  if (!patrol) return;
  const seat = patrol.task?.my_assignment?.id;
  const found = await get_package(seat ? { assignment_id: seat } : { area_id: patrol.area_id });
  if (found && recorder.patrol?.id === patrol.id) recorder.package = found;
  const warnings = await get_warnings(patrol.task ? { task_id: patrol.task.id } : { area_id: patrol.area_id });
  if (recorder.patrol?.id === patrol.id) recorder.warnings = warnings;
}

/** Keeps what a screen changed about the walk. */
export async function save(): Promise<void> {
  if (!session.user || !recorder.patrol) return;
  const { patrol, progress, stretches, logs, told, start_queued, finish_queued } = $state.snapshot(recorder) as Recording;
  await keep_sealed(`patrol ${session.user.id}`, { patrol, progress, stretches, logs, told, start_queued, finish_queued, finish_id });
}

function listen(): void {
  if (watching !== null) return;
  // One page records, the one that is looked at: two would count every step twice.
  if (document.visibilityState === 'hidden') {
    recorder.gps = 'elsewhere';
    return;
  }
  const home = demo_place();
  if (!home && !('geolocation' in navigator)) {
    recorder.gps = 'unavailable';
    return;
  }
  recorder.gps = 'waiting';
  recorder.simulated = false;
  const options = { enableHighAccuracy: true, maximumAge: 2_000, timeout: 30_000 };
  watching = home ? watch_demo(home, options) : watch(options);
  sender = setInterval(() => void outbox.flush(), SEND_EVERY_MS);
  void stay_awake();
  void hold_the_pen();
}

function watch(options: PositionOptions): () => void {
  const id = navigator.geolocation.watchPosition(
    (seen) => void take(seen),
    (error) => {
      recorder.gps = error.code === error.PERMISSION_DENIED ? 'denied' : recorder.here ? 'on' : 'unavailable';
    },
    options,
  );
  return () => navigator.geolocation.clearWatch(id);
}

function watch_demo(home: LonLat, options: PositionOptions): () => void {
  const route = parts_of(recorder.patrol?.task?.route?.geometry).flat();
  const path = route.length > 1 ? route : round_about(home);
  return watch_in_demo(path, recorder.stretches.at(-1)?.at(-1), options, (seen) => void take(seen), () => {
    recorder.simulated = true;
  });
}

/** Takes the recording over from any other page, and gives way when another takes it. */
async function hold_the_pen(): Promise<void> {
  if (!('locks' in navigator)) return;
  const mine = watching;
  try {
    await navigator.locks.request('lexun.recorder', { steal: true }, () => new Promise<void>((done) => (let_go = done)));
  } catch {
    if (watching !== mine || mine === null) return;
    let_go = null;
    deafen();
    recorder.gps = 'elsewhere';
  }
}

/** Looks for positions again after the person has allowed it in the phone's settings. */
export function listen_again(): void {
  watching?.();
  watching = null;
  clearInterval(sender);
  listen();
}

function deafen(): void {
  watching?.();
  watching = null;
  let_go?.();
  let_go = null;
  clearInterval(sender);
  void wake?.release().catch(() => undefined);
  wake = null;
  recorder.gps = 'off';
}

async function take({ coords, timestamp }: Seen): Promise<void> {
  const patrol = recorder.patrol;
  if (!patrol || recorder.finish_queued) return;
  recorder.gps = 'on';
  if (timestamp - last_fix_ms < FIX_EVERY_MS || coords.accuracy > WORST_ACCURACY_M) return;
  // The phone's clock may be wrong; the server's, as learnt, is what all patrols share.
  const at_ms = timestamp + (server_now_ms() - Date.now());
  // A place the phone remembers from just before the start is no part of the patrol.
  if (at_ms < Date.parse(patrol.started_at)) return;
  last_fix_ms = timestamp;
  const fix: Fix = {
    id: uuid7(),
    at: new Date(at_ms).toISOString(),
    lon: coords.longitude,
    lat: coords.latitude,
    accuracy_m: coords.accuracy,
    speed_m_s: finite(coords.speed),
    heading_deg: finite(coords.heading),
  };
  note_step([fix.lon, fix.lat], timestamp);
  recorder.here = fix;
  mind(fix);
  recorder.progress = advance(
    $state.snapshot(recorder.progress) ?? start_progress(patrol.task?.stops ?? []),
    patrol.task?.stops ?? [],
    { lon: fix.lon, lat: fix.lat, accuracy_m: fix.accuracy_m, at_ms: timestamp },
  );
  await outbox.add(fix.id, 'POST /api/patrols/{id}/fixes', { path: { id: patrol.id }, body: { fixes: [fix] } }, patrol.id);
  await save();
}

/** Draws the way walked so far, and remembers how long nothing was heard. */
function note_step(place: LonLat, at_ms: number): void {
  const before = recorder.progress?.last;
  const silent_s = before ? (at_ms - before.at_ms) / 1000 : 0;
  if (silent_s > LONGEST_STEP_S) recorder.gap_s = silent_s;
  recorder.stretches = lengthen($state.snapshot(recorder.stretches) as LonLat[][], place, silent_s);
}

/** Says in time which warned place is near, with a shake for a phone in the pocket: once a walk. */
function mind(here: Fix): void {
  if (recorder.minding && is_past(here, recorder.minding)) recorder.minding = null;
  const note = to_tell(here, recorder.warnings, recorder.told);
  if (!note) return;
  recorder.told = [...recorder.told, note.id];
  recorder.minding = note;
  shake([200, 100, 200]);
}

const finite = (value: number | null) => (value !== null && Number.isFinite(value) ? value : null);

/** Keeps the screen on while the walk is shown; phones let go of it whenever the page is hidden. */
async function stay_awake(): Promise<void> {
  if (!('wakeLock' in navigator) || document.visibilityState !== 'visible') return;
  try {
    wake = await navigator.wakeLock.request('screen');
  } catch {
    // A phone low on battery refuses; the walk goes on, with gaps while it is locked.
  }
}

/** Wires the recorder to the outbox and the page; called once when the app starts. */
export function start_recorder(): void {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return;
    if (watching === null) {
      void record_here();
      return;
    }
    void stay_awake();
    // Some phones never wake a watch that slept with the screen.
    const last_ms = recorder.progress?.last?.at_ms;
    if (last_ms !== undefined && Date.now() - last_ms > LONGEST_STEP_S * 1000) {
      shake([80, 60, 80]);
      listen_again();
    }
  });
  outbox.on_settled(async (entry, answer, error) => {
    const id = recorder.patrol?.id;
    if (entry.operation === 'POST /api/patrols' && entry.id === id) {
      if (error) {
        recorder.refused = error;
        deafen();
      } else {
        const known = answer as Patrol;
        // A teammate had started it already: this walk belongs to the team's patrol.
        if (known.id !== id) await outbox.move_group(id, known.id);
        recorder.start_queued = false;
        recorder.patrol = { ...known, task: known.task ?? recorder.patrol!.task };
      }
      await save();
    }
    if (entry.operation === 'POST /api/patrols/join' && !error && !recorder.patrol) begin(answer as Patrol, false);
    if (entry.operation === 'POST /api/patrols/{id}/members' && !error) await learn_patrol(answer as Patrol);
    if (entry.operation === 'POST /api/patrols/{id}/finish' && entry.id === finish_id) {
      if (error) {
        recorder.refused = error;
        recorder.finish_queued = false;
        finish_id = null;
      } else {
        await stop();
      }
    }
  });
}

/** Gives up a patrol that the server refused; its entries in the outbox have been seen. */
export async function discard_refused(): Promise<void> {
  for (const entry of [...outbox.state.refused]) await outbox.dismiss(entry.id);
  await stop();
}
