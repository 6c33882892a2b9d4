/** What can go wrong between the phone and the server, as three kinds of error that screens can tell apart. */

export interface FieldProblem {
  field: string;
  code: string;
  message?: string;
  value?: unknown;
}

/** An RFC 9457 problem document as the server sends it. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail?: string;
  code: string;
  params: Record<string, unknown>;
  instance?: string;
  errors?: FieldProblem[];
}

/** The server understood and refused; `code` says why, `params` the figures, `request_id` what to quote. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly params: Record<string, unknown>;
  readonly request_id: string | null;
  readonly fields: FieldProblem[];

  constructor(problem: ProblemDocument) {
    super(problem.title);
    this.name = 'ProblemError';
    this.status = problem.status;
    this.code = problem.code;
    this.params = problem.params ?? {};
    this.request_id = problem.instance ?? null;
    this.fields = problem.errors ?? [];
  }

  /** Worth trying again unchanged: the server is busy or broken, not the request wrong. */
  get passing(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** The request did not reach the server, or its answer did not come back: nothing is known to have happened. */
export class OfflineError extends Error {
  constructor(cause?: unknown) {
    super('The server could not be reached', { cause });
    this.name = 'OfflineError';
  }
}

/** Turns any answer that is not a success into a ProblemError, also where no problem document came (a proxy's page). */
export async function problem_of(response: Response): Promise<ProblemError> {
  const kind = response.headers.get('content-type') ?? '';
  if (kind.includes('json')) {
    const body: unknown = await response.json().catch(() => null);
    if (body !== null && typeof body === 'object' && 'code' in body) {
      return new ProblemError({ ...(body as ProblemDocument), status: response.status });
    }
  }
  return new ProblemError({
    type: 'about:blank',
    title: response.statusText || `HTTP ${response.status}`,
    status: response.status,
    code: response.status >= 500 ? 'server-error' : 'unexpected-answer',
    params: {},
    instance: response.headers.get('x-request-id') ?? undefined,
  });
}
