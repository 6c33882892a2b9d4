/**
 * Sends a file that is too large to wait for in silence: its progress is told, there is no end to the patience, and after a
 * lost connection it goes on where it was (tus 1.0.0: HEAD asks how far it came, PATCH sends the rest).
 */
import { address_of, csrf_token } from './client';
import { OfflineError, problem_of, ProblemError } from './problem';
import type { Answer, Operation, Sent } from './wire';

const TUS = { 'Tus-Resumable': '1.0.0' };
/** How often two senders of one file may cross before it is left for later. */
const TRIES = 3;

interface Outgoing {
  method: string;
  address: string;
  headers: Record<string, string>;
  body: Blob;
}

/**
 * `call` for a big file; `told` hears the share that was sent, 0 to 1. An operation that PATCHes is resumable.
 * @throws ProblemError the server refused; OfflineError the connection broke: sent again with the same id, it is one file.
 */
export async function upload<Op extends Operation>(
  operation: Op,
  sent: Sent<Op> & { body: Blob },
  told: (share: number) => void,
): Promise<Answer<Op>> {
  const method = operation.slice(0, operation.indexOf(' '));
  const address = address_of(operation, sent as Parameters<typeof address_of>[1]);
  if (method === 'PATCH') {
    await send_rest(address, sent.body, told);
    return undefined as Answer<Op>;
  }
  const headers = { 'Content-Type': sent.body.type || 'application/octet-stream' };
  const answer = await send({ method, address, headers, body: sent.body }, told);
  try {
    return (await answer.json()) as Answer<Op>;
  } catch (cause) {
    throw new OfflineError(cause);
  }
}

async function send_rest(address: string, file: Blob, told: (share: number) => void): Promise<void> {
  let offset = await kept_so_far(address);
  for (let tries = 1; offset < file.size; tries++) {
    const headers = {
      ...TUS,
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': String(offset),
      'Upload-Length': String(file.size),
    };
    const begins_at = offset;
    try {
      const answer = await send({ method: 'PATCH', address, headers, body: file.slice(offset) }, (share) =>
        told((begins_at + share * (file.size - begins_at)) / file.size),
      );
      offset = Number(answer.headers.get('Upload-Offset') ?? file.size);
    } catch (error) {
      // Another page of this phone sends the same file, or bytes of a lost request came in late.
      if (!(error instanceof ProblemError && error.code === 'upload-out-of-step') || tries === TRIES) throw error;
      offset = Number(error.params['offset']);
    }
  }
}

/** How many bytes the server has; none where it does not say, the sending then tells why. */
async function kept_so_far(address: string): Promise<number> {
  try {
    const answer = await fetch(address, { method: 'HEAD', headers: TUS, credentials: 'same-origin', cache: 'no-store' });
    const offset = Number(answer.headers.get('Upload-Offset') ?? 0);
    return answer.ok && Number.isSafeInteger(offset) ? offset : 0;
  } catch (cause) {
    throw new OfflineError(cause);
  }
}

/** XMLHttpRequest, because `fetch` tells nobody how far a body has gone. */
function send({ method, address, headers, body }: Outgoing, told: (share: number) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    request.responseType = 'blob';
    request.setRequestHeader('Accept', 'application/json, application/problem+json');
    request.setRequestHeader('X-CSRF-Token', csrf_token());
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => told(total > 0 ? loaded / total : 0);
    request.onerror = request.onabort = () => reject(new OfflineError());
    request.onload = () => {
      const given = new Headers();
      for (const name of ['content-type', 'Upload-Offset']) {
        const value = request.getResponseHeader(name);
        if (value !== null) given.set(name, value);
      }
      const answered = request.status === 204 ? null : (request.response as Blob);
      const answer = new Response(answered, { status: request.status, headers: given });
      if (answer.ok) resolve(answer);
      else void problem_of(answer).then(reject, reject);
    };
    request.send(body);
  });
}
