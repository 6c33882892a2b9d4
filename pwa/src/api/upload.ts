/** Sends a file that is too large to wait for in silence: its progress is told, and there is no end to the patience. */
import { address_of, csrf_token } from './client';
import { OfflineError, problem_of } from './problem';
import type { Answer, Operation, Sent } from './wire';

/**
 * `call` for a big file; `told` hears the share that was sent, 0 to 1.
 * @throws ProblemError the server refused; OfflineError the connection broke: sent again with the same id, it is one file.
 */
export function upload<Op extends Operation>(
  operation: Op,
  sent: Sent<Op> & { body: Blob },
  told: (share: number) => void,
): Promise<Answer<Op>> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(operation.slice(0, operation.indexOf(' ')), address_of(operation, sent as Parameters<typeof address_of>[1]));
    request.responseType = 'blob';
    request.setRequestHeader('Accept', 'application/json, application/problem+json');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader('X-CSRF-Token', csrf_token());
    request.upload.onprogress = ({ loaded, total }) => told(total > 0 ? loaded / total : 0);
    request.onerror = request.onabort = () => reject(new OfflineError());
    request.onload = () => {
      const type = request.getResponseHeader('content-type') ?? '';
      const answer = new Response(request.response as Blob, { status: request.status, headers: { 'content-type': type } });
      if (answer.ok) answer.json().then((value) => resolve(value as Answer<Op>), (cause: unknown) => reject(new OfflineError(cause)));
      else void problem_of(answer).then(reject, reject);
    };
    request.send(sent.body);
  });
}
