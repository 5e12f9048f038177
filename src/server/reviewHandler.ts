import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type Decided, errored, type Failed, type Outcome } from '../admission/outcome.ts';
import { objectName, reviewText } from '../admission/response.ts';
import { type AdmissionRequest, parseReview } from '../admission/review.ts';
import type { ReviewContext, Reviewer } from '../admission/reviewer.ts';
import { oneLine } from '../text.ts';
import { readBody, refuseHeaders, refuseParsing } from './body.ts';
import type { Capacity } from './capacity.ts';
import type { Cohort } from './cohort.ts';
import { callerTimeout, type Deadline, Deadlines } from './deadline.ts';
import type { Log } from './log.ts';
import type { Metrics, Webhook } from './metrics.ts';
import { type Refusal, sendStatus, writeStatus } from './status.ts';
import { LIMITS, TIMING } from './timing.ts';

/** What the handler of a review needs. */
export interface ReviewHandlerDeps {
  readonly webhook: Webhook;
  readonly reviewer: Reviewer;
  readonly capacity: Capacity;
  readonly cohort: Cohort;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
  /** True once the process is about to end: asked when a head is written, since many reviews are in flight by then. */
  readonly draining: () => boolean;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const OVERLOADED: Refusal = {
  code: 429,
  message: 'too many reviews at a time; try again',
  retryAfter: 1,
};

/** One failed or decided review is one line; bodies and header values never stand in it. */
function logReview(deps: ReviewHandlerDeps, request: AdmissionRequest, outcome: Outcome, ms: number): void {
  // A Pod that was asked to be filled and was not is worth a line: of an operator-made one nobody sees the warning.
  const unfilled = deps.webhook === 'mutate' && outcome.warnings.length > 0;
  const quiet = outcome.kind === 'allowed' && !unfilled;
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

function failure(deps: ReviewHandlerDeps, request: AdmissionRequest, error: unknown): Failed {
  deps.log.error({ err: error, webhook: deps.webhook, uid: request.uid }, 'review failed');
  return errored(500, `internal error in vmcp-admission; see its log (uid ${oneLine(request.uid)})`);
}

/** A class, since V8 makes a hidden class for each object literal with an accessor, which keeps whole reviews alive. */
class DeadlineContext implements ReviewContext {
  readonly now: Date;
  readonly #deadline: Deadline;

  constructor(deadline: Deadline, now: Date) {
    this.#deadline = deadline;
    this.now = now;
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }
}

/** Asks the reviewer; one that throws, rejects or outlives the deadline is answered for. Never rejects. */
function ask(deps: ReviewHandlerDeps, request: AdmissionRequest, deadline: Deadline): Promise<Outcome> {
  return new Promise((resolve) => {
    const fail = (error: unknown) => resolve(failure(deps, request, error));
    deadline.whenOver(() =>
      resolve(errored(504, 'the review did not finish within its deadline; try again')),
    );
    try {
      deps.reviewer(request, new DeadlineContext(deadline, deps.now())).then(resolve, fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** The answer as JSON text; a failure when it cannot be written, e.g. a patch that is nested too deeply. */
function answerText(
  deps: ReviewHandlerDeps,
  request: AdmissionRequest,
  decided: Decided,
): { readonly text: string } | Failed {
  try {
    return { text: reviewText(request, decided) };
  } catch (error) {
    return failure(deps, request, error);
  }
}

/** One API server sends the same query in every request of a webhook. */
function rememberLast<V>(compute: (text: string) => V): (text: string) => V {
  let last: { readonly text: string; readonly value: V } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, value: compute(text) };
    return last.value;
  };
}

/** A body up to this is read and thrown away, so that its connection can be used again. */
const SMALL_BODY = 64 * 1_024;

/** True when answering at once costs the caller nothing: no body is on its way, or a small one. */
function canEnd(request: IncomingMessage): boolean {
  if (request.complete) return true;
  if (request.headers['transfer-encoding'] !== undefined) return false;
  return Number(request.headers['content-length'] ?? 0) <= SMALL_BODY;
}

/** Answers a request whose body was not read to its end: the connection cannot be used again. */
function refuseUnread(response: ServerResponse, refusal: Refusal): void {
  writeStatus(response, refusal, true);
  // Ending now would reset the connection while the caller still sends, and it would lose the answer. So nothing
  // more is read, and the connection goes when the caller has closed it or after a moment.
  const timer = setTimeout(() => response.end(), TIMING.linger);
  response.on('close', () => clearTimeout(timer));
}

/**
 * The handler of one webhook: reads the body within the caller's deadline, asks the reviewer, and writes the answer.
 * Whatever happens, the request is answered or its caller is gone, and exactly one metric counts it.
 */
export function reviewHandler(deps: ReviewHandlerDeps): RequestHandler {
  const { webhook, capacity, cohort, metrics, log } = deps;
  const timeoutOf = rememberLast(callerTimeout);
  const deadlines = new Deadlines();

  const refuse = (request: IncomingMessage, response: ServerResponse, refusal: Refusal) => {
    metrics.refused(webhook, refusal.code);
    log.warn(
      { webhook, code: refusal.code, problem: refusal.message, from: request.socket.remoteAddress },
      'refused',
    );
    if (canEnd(request) && refusal.code !== 408) sendStatus(response, refusal, deps.draining());
    else refuseUnread(response, refusal);
  };

  const sendText = (response: ServerResponse, text: string) => {
    const bytes = Buffer.byteLength(text);
    const head: OutgoingHttpHeaders = { 'Content-Type': 'application/json', 'Content-Length': bytes };
    if (deps.draining()) head.Connection = 'close';
    response.writeHead(200, head);
    // As a string it leaves in one write with its headers; as bytes it would be a second one. ASCII is only copied.
    response.end(text, bytes === text.length ? 'latin1' : 'utf8');
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
    logReview(deps, request, outcome, ms);
  };

  return async (request, response) => {
    const start = performance.now();
    const refusal = refuseHeaders(request);
    if (refusal) return refuse(request, response, refusal);
    const deadline = deadlines.start(timeoutOf(request.url ?? ''));
    const share = capacity.body();
    let entered = false;
    response.on('close', () => {
      if (response.writableFinished) deadline.done();
      else deadline.cancel();
    });
    try {
      const read = await readBody(request, response, share, deadline);
      if (read.state === 'gone') {
        metrics.refused(webhook, 499);
        log.info({ webhook }, 'the caller went away while it sent its review');
        return;
      }
      if (read.state === 'refused') return refuse(request, response, read.refusal);
      // Large ones would gain nothing, and several of them parsed at a time would take memory.
      if (read.body.length <= LIMITS.freeBody) await cohort.join();
      const tooMuch = refuseParsing(read.body, share);
      if (tooMuch) return refuse(request, response, tooMuch);
      entered = capacity.enter();
      if (!entered) return refuse(request, response, OVERLOADED);
      const parsed = parseReview(read.body);
      if (!parsed.ok) return refuse(request, response, { code: 400, message: parsed.message });
      const outcome = await ask(deps, parsed.request, deadline);
      if (!response.destroyed) return answer(response, parsed.request, outcome, start);
      metrics.refused(webhook, 499);
      log.info({ webhook, uid: parsed.request.uid }, 'the caller went away before the answer');
    } finally {
      if (entered) capacity.leave();
      share.release();
      deadline.done();
    }
  };
}
