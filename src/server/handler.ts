import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Decided, errored, type Failed, type Outcome } from '../admission/outcome.ts';
import { objectName, toReview } from '../admission/response.ts';
import { type AdmissionRequest, parseReview } from '../admission/review.ts';
import type { Reviewer } from '../admission/reviewer.ts';
import { oneLine } from '../text.ts';
import { readBody, refuseHeaders, refuseParsing } from './body.ts';
import type { Cohort } from './cohort.ts';
import { callerTimeout, Deadline } from './deadline.ts';
import { type Capacity, LIMITS } from './limits.ts';
import type { Log } from './log.ts';
import type { Metrics, Webhook } from './metrics.ts';
import { type Refusal, refuseRequest, sendStatus } from './status.ts';

/** What the handler of a webhook needs. */
export interface HandlerDeps {
  readonly webhook: Webhook;
  readonly reviewer: Reviewer;
  readonly capacity: Capacity;
  readonly cohort: Cohort;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
  /** True once the process is stopping: each response then closes its connection. */
  readonly draining: () => boolean;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const OVERLOADED: Refusal = { code: 429, message: 'too many reviews at a time; try again', retryAfter: 1 };

/** Logs a review in one line, without contents of bodies or headers. An allowed one is a debug line. */
function logReview(deps: HandlerDeps, request: AdmissionRequest, outcome: Outcome, ms: number): void {
  // The warning about a Pod that an operator made reaches only the operator, so it is logged.
  const unfilled = deps.webhook === 'mutate' && outcome.warnings.length > 0;
  const quiet = outcome.kind === 'allowed' && !unfilled && !outcome.wouldDeny;
  const level = outcome.kind === 'errored' ? 'warn' : quiet ? 'debug' : 'info';
  if (!deps.log.isLevelEnabled(level)) return;
  deps.log[level](
    {
      webhook: deps.webhook,
      outcome: outcome.kind,
      uid: request.uid,
      operation: request.operation,
      kind: oneLine(request.kind.kind, 64),
      namespace: oneLine(request.namespace ?? '', 64),
      name: oneLine(objectName(request), 256),
      ...(request.subResource && { subResource: oneLine(request.subResource, 64) }),
      user: oneLine(request.userInfo?.username ?? '', 256),
      ...(request.dryRun && { dryRun: true }),
      reasons: outcome.reasons,
      ...(outcome.wouldDeny && { wouldDeny: outcome.wouldDeny }),
      ...(deps.webhook === 'mutate' && { injection: outcome.audit }),
      ...(outcome.kind === 'denied' && {
        fields: outcome.causes.slice(0, 20).map((cause) => oneLine(cause.field, 128)),
      }),
      ...(outcome.kind === 'errored' && { code: outcome.code, error: oneLine(outcome.message, 300) }),
      warnings: outcome.warnings.length,
      ms: Math.round(ms * 100) / 100,
    },
    'review',
  );
}

function failure(deps: HandlerDeps, request: AdmissionRequest, error: unknown): Failed {
  deps.log.error({ err: error, webhook: deps.webhook, uid: request.uid }, 'review failed');
  return errored(500, `internal error in vmcp-admission; see its log (uid ${oneLine(request.uid)})`);
}

/** Asks the reviewer. A failure when it throws, rejects, or has no outcome when the deadline is over. Never rejects. */
function ask(deps: HandlerDeps, request: AdmissionRequest, deadline: Deadline): Promise<Outcome> {
  return new Promise((resolve) => {
    deadline.whenOver(() =>
      resolve(errored(504, 'the review did not finish within its deadline; try again')),
    );
    const fail = (error: unknown) => resolve(failure(deps, request, error));
    try {
      deps.reviewer(request, { signal: deadline.signal, now: deps.now() }).then(resolve, fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** The answer as JSON text; a failure when it cannot be written, e.g. a patch that is nested too deeply. */
function answerText(
  deps: HandlerDeps,
  request: AdmissionRequest,
  decided: Decided,
): { readonly text: string } | Failed {
  try {
    return { text: JSON.stringify(toReview(request, decided)) };
  } catch (error) {
    return failure(deps, request, error);
  }
}

/**
 * Returns the handler of one webhook: it reads the body within the caller's deadline, asks the reviewer, and writes the
 * answer. Each request is answered unless its caller is gone, and exactly one metric counts it.
 */
export function reviewHandler(deps: HandlerDeps): RequestHandler {
  const { webhook, capacity, cohort, metrics, log } = deps;

  const refuse = (request: IncomingMessage, response: ServerResponse, refusal: Refusal) => {
    metrics.refused(webhook, refusal.code);
    log.warn(
      { webhook, code: refusal.code, problem: refusal.message, from: request.socket.remoteAddress },
      'refused',
    );
    refuseRequest(request, response, refusal, deps.draining());
  };

  const gone = (uid?: string) => {
    metrics.refused(webhook, 499);
    log.info({ webhook, uid }, 'the caller closed the connection before the answer');
  };

  const sendText = (response: ServerResponse, text: string) => {
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
      ...(deps.draining() && { Connection: 'close' }),
    });
    response.end(text);
  };

  /**
   * Sends a decision as an AdmissionReview. A failure is not a decision: it is sent as an HTTP error, which the API server
   * treats by the webhook's failurePolicy. An AdmissionReview with `allowed: false` would deny also under `Ignore`.
   */
  const answer = (response: ServerResponse, request: AdmissionRequest, asked: Outcome, start: number) => {
    const written = asked.kind === 'errored' ? asked : answerText(deps, request, asked);
    const outcome = 'text' in written ? asked : written;
    if ('text' in written) sendText(response, written.text);
    else sendStatus(response, written, deps.draining());
    const ms = performance.now() - start;
    metrics.review(webhook, request.operation, outcome, ms / 1_000);
    if (outcome.wouldDeny) metrics.wouldDeny(request.kind.kind, outcome.wouldDeny);
    logReview(deps, request, outcome, ms);
  };

  /** Parses the body and answers it. */
  const review = async (
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    deadline: Deadline,
    start: number,
  ) => {
    const parsed = parseReview(body);
    if (!parsed.ok) return refuse(request, response, { code: 400, message: parsed.message });
    const outcome = await ask(deps, parsed.request, deadline);
    if (response.destroyed) gone(parsed.request.uid);
    else answer(response, parsed.request, outcome, start);
  };

  return async (request, response) => {
    const start = performance.now();
    const refusal = refuseHeaders(request);
    if (refusal) return refuse(request, response, refusal);
    const deadline = new Deadline(callerTimeout(request.url ?? ''));
    response.on('close', () => (response.writableFinished ? deadline.done() : deadline.cancel()));
    const share = capacity.body();
    try {
      const read = await readBody(request, response, share, deadline);
      if (read.state === 'gone') return gone();
      if (read.state === 'refused') return refuse(request, response, read.refusal);
      // Large bodies would gain nothing, and several of them parsed in one turn would block it.
      if (read.body.length <= LIMITS.freeBody) await cohort.join();
      const tooMuch = refuseParsing(read.body, share);
      if (tooMuch) return refuse(request, response, tooMuch);
      if (!capacity.enter()) return refuse(request, response, OVERLOADED);
      await review(request, response, read.body, deadline, start).finally(() => capacity.leave());
    } finally {
      share.release();
      deadline.done();
    }
  };
}
