/** One's own call for help on this phone: counted down, kept, sent past everything else, followed until it is over. */
import { call, server_now_ms } from '../../api/client';
import { outbox } from '../../api/outbox.svelte';
import type { ProblemError } from '../../api/problem';
import { keep_sealed, kept_sealed } from '../../api/seal';
import { session } from '../../api/session.svelte';
import { on_message } from '../../api/stream.svelte';
import type { NewSosCall, SosCall } from '../../api/types';
import { uuid7 } from '../../api/uuid';
import { location_now } from '../../app/location.svelte';
import { go } from '../../app/router.svelte';
import { recorder } from '../patrols/recorder.svelte';

/** Time to take a slip back before anybody hears of it. */
const COUNT_MS = 5_000;
const TRY_AGAIN_MS = 3_000;
/** How long a silent call waits for its first place. */
const PLACE_WAIT_MS = 2_000;
/** A countdown found after a crash is finished when it is no older than this; later it would mislead. */
const STILL_MEANT_MS = 30 * 60_000;

interface Calling {
  /** `counting`: nobody has heard yet. `queued`: on this phone only. `sent`: the server has it. */
  phase: 'none' | 'counting' | 'queued' | 'sent';
  asked: NewSosCall | null;
  send_at_ms: number;
  /** The server's last word on it. */
  answer: SosCall | null;
  refused: ProblemError | null;
  /** The person took it back; `queued` until the server knows. */
  cancelling: boolean;
}

type Kept = Pick<Calling, 'phase' | 'asked' | 'send_at_ms' | 'cancelling'>;

const nothing: Calling = { phase: 'none', asked: null, send_at_ms: 0, answer: null, refused: null, cancelling: false };

export const calling = $state<Calling>({ ...nothing });
/** Two secret codes for taking a call back: one that does, and one that only looks as if it did. */
export interface CancelCodes {
  cancel: string;
  duress: string;
}

export const sos_settings = $state<{ silent: boolean; codes: CancelCodes | null }>({ silent: false, codes: null });

let timer: ReturnType<typeof setTimeout> | undefined;
let again: ReturnType<typeof setInterval> | undefined;

/** Begins a call: loud ones are counted down first, a silent one goes out at once and changes nothing on the screen. */
export function begin_call({ silent, test }: { silent: boolean; test: boolean }): void {
  if (calling.phase === 'counting') return;
  if (is_under_way(test)) {
    if (!silent) go(`/sos/${calling.asked!.id}`);
    return;
  }
  const at_ms = server_now_ms();
  const asked: NewSosCall = {
    id: uuid7(),
    at: new Date(at_ms).toISOString(),
    silent,
    test,
    patrol_id: recorder.start_queued ? null : (recorder.patrol?.id ?? null),
    ...last_place(),
  };
  Object.assign(calling, { ...nothing, phase: 'counting', asked, send_at_ms: at_ms + (silent ? 0 : COUNT_MS) });
  const looked = look_for_place(asked.id);
  if (silent) {
    void save();
    // A call without any place is worth a moment's wait, one with a place none.
    void (asked.lon == null ? Promise.race([looked, later(PLACE_WAIT_MS)]) : Promise.resolve()).then(send_call);
    return;
  }
  void save();
  navigator.vibrate?.(60);
  timer = setTimeout(() => void send_call(), COUNT_MS);
}

/** Whether the same was called just now and is not over: it is shown, not called twice. An old call never stands for a new one. */
function is_under_way(test: boolean): boolean {
  const { asked, phase, answer, cancelling } = calling;
  if (!asked || asked.test !== test || cancelling || (phase !== 'queued' && phase !== 'sent')) return false;
  const over = answer?.state === 'cancelled' || answer?.state === 'closed';
  return !over && server_now_ms() - Date.parse(asked.at) < STILL_MEANT_MS;
}

/** Sends without waiting for the end of the countdown. Resolves when the call is safely on the phone, sent or not. */
export async function send_call(): Promise<void> {
  clearTimeout(timer);
  const asked = calling.asked;
  if (!asked || calling.phase !== 'counting') return;
  calling.phase = 'queued';
  const body = { ...$state.snapshot(asked), ...(asked.lon == null ? last_place() : {}) };
  calling.asked = body;
  await outbox.add(body.id, 'POST /api/sos', { body });
  void save();
  if (!body.silent) go(`/sos/${body.id}`);
  keep_trying();
}

/** A slip, seen within the countdown: nobody hears of it. */
export function take_back(): void {
  if (calling.phase !== 'counting') return;
  clearTimeout(timer);
  forget();
}

/** Time to type a code instead of the rest of the countdown; nobody is hurried into a false alarm. */
const CODE_MS = 20_000;

/** The person means to take the call back and has codes: there is time to type one before it goes out by itself. */
export function wait_for_code(): void {
  if (calling.phase !== 'counting') return;
  clearTimeout(timer);
  calling.send_at_ms = server_now_ms() + CODE_MS;
  timer = setTimeout(() => void send_call(), CODE_MS);
  void save();
}

/** Looks exactly as `take_back` does, while the call goes out without a sign and says that it was made under duress. */
export async function take_back_under_duress(): Promise<void> {
  const { asked } = calling;
  if (!asked || calling.phase !== 'counting') return;
  clearTimeout(timer);
  const body = { ...$state.snapshot(asked), ...(asked.lon == null ? last_place() : {}), silent: true };
  forget();
  await outbox.add(body.id, 'POST /api/sos', { body });
  const cancel = { at: new Date(server_now_ms()).toISOString(), duress: true };
  await outbox.add(uuid7(), 'POST /api/sos/{id}/cancel', { path: { id: body.id }, body: cancel }, body.id);
  await outbox.send_now(body.id);
  await outbox.flush();
}

/** What a typed code means: take it back, only look so, or nothing. Without codes anything takes it back. */
export function meaning_of(typed: string): 'cancel' | 'duress' | 'wrong' {
  const { codes } = sos_settings;
  if (!codes || typed === codes.cancel) return 'cancel';
  return typed === codes.duress ? 'duress' : 'wrong';
}

/**
 * Takes back a call that went out; told to the server after the call itself, with or without a network now. Under duress this
 * phone shows the same, while those who come still come.
 */
export async function cancel_call({ duress = false } = {}): Promise<void> {
  const id = calling.asked?.id;
  if (!id || calling.cancelling) return;
  calling.cancelling = true;
  const body = { at: new Date(server_now_ms()).toISOString(), duress };
  await outbox.add(uuid7(), 'POST /api/sos/{id}/cancel', { path: { id }, body }, id);
  await save();
  await outbox.flush();
}

/** The call is over and was seen. */
export function forget(): void {
  clearInterval(again);
  Object.assign(calling, nothing);
  void save();
}

/** Asks how far the call has come. */
export async function follow_call(): Promise<void> {
  const id = calling.asked?.id;
  if (!id || calling.phase !== 'sent') return;
  try {
    const answer = await call('GET /api/sos/{id}', { path: { id } });
    if (calling.asked?.id === id) hear(answer);
  } catch {
    // The last word stays on the screen; it is asked again.
  }
}

function hear(answer: SosCall): void {
  calling.answer = answer;
  calling.phase = 'sent';
  if (answer.state === 'cancelled' || answer.state === 'closed') void keep(null);
}

function keep_trying(): void {
  clearInterval(again);
  const send = () => {
    const id = calling.asked?.id;
    if (calling.phase !== 'queued' || !id) clearInterval(again);
    else void outbox.send_now(id);
  };
  again = setInterval(send, TRY_AGAIN_MS);
  send();
}

type Where = Pick<NewSosCall, 'lon' | 'lat' | 'accuracy_m' | 'position_at'>;

/** The last place this phone knows; none is fine, the server then takes the patrol's last position. */
function last_place(): Where {
  const { here } = recorder;
  if (here) return { lon: here.lon, lat: here.lat, accuracy_m: here.accuracy_m, position_at: here.at };
  const { place, made_up } = location_now;
  if (!place || made_up) return {};
  return { lon: place.lon, lat: place.lat, accuracy_m: place.accuracy_m, position_at: new Date(server_now_ms()).toISOString() };
}

/** Asks the phone for a fresh place while the call is not sent yet; resolves when it came or will not. */
function look_for_place(id: string): Promise<void> {
  const geolocation = navigator.geolocation as Geolocation | undefined;
  if (!geolocation || recorder.simulated) return Promise.resolve();
  return new Promise((resolve) => {
    geolocation.getCurrentPosition(
      ({ coords, timestamp }) => {
        if (calling.asked?.id === id && calling.phase === 'counting') {
          calling.asked = {
            ...calling.asked,
            lon: coords.longitude,
            lat: coords.latitude,
            accuracy_m: coords.accuracy,
            position_at: new Date(timestamp + server_now_ms() - Date.now()).toISOString(),
          };
        }
        resolve();
      },
      () => resolve(),
      { enableHighAccuracy: true, maximumAge: 10_000, timeout: COUNT_MS - 500 },
    );
  });
}

const later = (wait_ms: number) => new Promise<void>((resolve) => setTimeout(resolve, wait_ms));

const key = () => `sos ${session.user?.id}`;

function save(): Promise<void> {
  const { phase, asked, send_at_ms, cancelling } = $state.snapshot(calling) as Calling;
  return keep(phase === 'none' ? null : { phase, asked, send_at_ms, cancelling });
}

let keeping: Promise<void> = Promise.resolve();

/** One after the other: sealing takes a moment, and what was true last is what must be found when the page comes back. */
function keep(kept: Kept | null): Promise<void> {
  if (!session.user) return Promise.resolve();
  const where = key();
  keeping = keeping.catch(() => undefined).then(() => keep_sealed(where, kept));
  return keeping;
}

/** Takes up a call that was under way when the page went; called once a person is known. */
export async function resume_call(): Promise<void> {
  clearTimeout(timer);
  clearInterval(again);
  Object.assign(calling, nothing);
  if (!session.user) return;
  await keeping.catch(() => undefined);
  sos_settings.silent = (await kept_sealed<boolean>(`${key()} silent`)) ?? false;
  sos_settings.codes = (await kept_sealed<CancelCodes>(`${key()} codes`)) ?? null;
  const kept = await kept_sealed<Kept>(key());
  if (!kept?.asked) return;
  Object.assign(calling, { ...nothing, ...kept });
  if (kept.phase === 'counting') {
    const late_ms = server_now_ms() - kept.send_at_ms;
    if (late_ms > STILL_MEANT_MS) forget();
    else timer = setTimeout(() => void send_call(), Math.max(0, -late_ms));
  } else if (kept.phase === 'queued') {
    keep_trying();
  } else {
    await follow_call();
  }
}

/** Chooses whether holding the button calls without any sign on this phone. */
export async function choose_silent(silent: boolean): Promise<void> {
  sos_settings.silent = silent;
  await keep_sealed(`${key()} silent`, silent);
}

/** Chooses the two codes, or none. */
export async function choose_codes(codes: CancelCodes | null): Promise<void> {
  sos_settings.codes = codes;
  await keep_sealed(`${key()} codes`, codes);
}

/** Wires the call to the outbox and the stream; called once when the app starts. */
export function start_calling(): void {
  outbox.on_settled(async (entry, answer, error) => {
    const id = calling.asked?.id;
    if (!id || (entry.id !== id && entry.group !== id)) return;
    if (entry.operation === 'POST /api/sos') {
      clearInterval(again);
      if (error) calling.refused = error;
      else hear(answer as SosCall);
      await save();
    }
    if (entry.operation === 'POST /api/sos/{id}/cancel') {
      calling.cancelling = false;
      if (!error) hear(answer as SosCall);
    }
  });
  on_message((message) => {
    if (message.ref.kind === 'sos' && message.ref.id === calling.asked?.id) void follow_call();
  });
}
