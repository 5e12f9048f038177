import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Decided, errored, type Failed, type Outcome } from '../admission/outcome.ts';
import { type AnswerText, objectName, reviewText } from '../admission/response.ts';
import { type AdmissionRequest, parseReview } from '../admission/review.ts';
import type { ReviewContext, Reviewer } from '../admission/reviewer.ts';
import { oneLine } from '../text/line.ts';
import type { ReviewTrace } from '../tracing/tracer.ts';
import { readBody, refuseHeaders, refuseParsing } from './body.ts';
import type { Cohort } from './cohort.ts';
import { callerTimeout, Deadline } from './deadline.ts';
import { type Capacity, LIMITS } from './limits.ts';
import type { Log } from './log.ts';
import type { Metrics, Webhook } from './metrics/metrics.ts';
import { reviewAttributes } from './reviewAttributes.ts';
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
  /** Begins the trace of a request; absent unless spans are exported, undefined for one that is not sampled. */
  readonly trace?: ((webhook: Webhook, request: IncomingMessage) => ReviewTrace | undefined) | undefined;
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
      ...(outcome.wouldDeny && { wouldDeny: outcome.wouldDeny.rules }),
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

/** The context of a review whose signal is that of its deadline. */
class DeadlineContext implements ReviewContext {
  readonly #deadline: Deadline;
  readonly now: Date;
  readonly step: ReviewContext['step'];

  constructor(deadline: Deadline, now: Date, step: ReviewContext['step']) {
    this.#deadline = deadline;
    this.now = now;
    this.step = step;
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }
}

/** Asks the reviewer. A failure when it throws, rejects, or has no outcome when the deadline is over. Never rejects. */
function ask(
  deps: HandlerDeps,
  request: AdmissionRequest,
  deadline: Deadline,
  trace: ReviewTrace | undefined,
): Promise<Outcome> {
  return new Promise((resolve) => {
    deadline.whenOver(() =>
      resolve(errored(504, 'the review did not finish within its deadline; try again')),
    );
    const fail = (error: unknown) => resolve(failure(deps, request, error));
    try {
      const step: ReviewContext['step'] = trace && ((name, work) => trace.step(name, work));
      deps.reviewer(request, new DeadlineContext(deadline, deps.now(), step)).then(resolve, fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** The answer as JSON text; a failure when it cannot be written, e.g. a patch that is nested too deeply. */
function answerText(deps: HandlerDeps, request: AdmissionRequest, decided: Decided): AnswerText | Failed {
  try {
    return reviewText(request, decided);
  } catch (error) {
    return failure(deps, request, error);
  }
}

/** One HTTP request that is handled. */
interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** When its first byte came, by `performance.now()`. */
  readonly start: number;
  /** Undefined for a review that is not traced. */
  readonly trace: ReviewTrace | undefined;
}

/** The step in which a review is decided. */
const DECIDING: Readonly<Record<Webhook, string>> = { validate: 'rules', mutate: 'injection' };

/**
 * Returns the handler of one webhook: it reads the body within the caller's deadline, asks the reviewer, and writes the
 * answer. Each request is answered unless its caller is gone, and exactly one metric counts it.
 */
export function reviewHandler(deps: HandlerDeps): RequestHandler {
  const { webhook, capacity, cohort, metrics, log } = deps;

  const refuse = ({ request, response, trace }: Call, refusal: Refusal) => {
    const { code, message } = refusal;
    metrics.refused(webhook, code);
    log.warn({ webhook, code, problem: message, from: request.socket.remoteAddress }, 'refused');
    refuseRequest(request, response, refusal, deps.draining());
    trace?.end({ 'admission.webhook': webhook, 'http.response.status_code': code }, message);
  };

  const gone = ({ trace }: Call, uid?: string) => {
    metrics.refused(webhook, 499);
    const message = 'the caller closed the connection before the answer';
    log.info({ webhook, uid }, message);
    trace?.end({ 'admission.webhook': webhook, 'admission.uid': uid && oneLine(uid, 64) }, message);
  };

  const sendText = (response: ServerResponse, { text, bytes }: AnswerText) => {
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': bytes,
      ...(deps.draining() && { Connection: 'close' }),
    });
    // For UTF-8, Node reserves three bytes for each character before it writes; ASCII is only copied.
    response.end(text, bytes === text.length ? 'latin1' : 'utf8');
  };

  /**
   * Sends a decision as an AdmissionReview. A failure is not a decision: it is sent as an HTTP error, which the API server
   * treats by the webhook's failurePolicy. An AdmissionReview with `allowed: false` would deny also under `Ignore`.
   */
  const answer = ({ response, start, trace }: Call, request: AdmissionRequest, asked: Outcome) => {
    const begin = performance.now();
    const written = asked.kind === 'errored' ? asked : answerText(deps, request, asked);
    const outcome = 'text' in written ? asked : written;
    if ('text' in written) sendText(response, written);
    else sendStatus(response, written, deps.draining());
    const ms = performance.now() - start;
    metrics.review(webhook, request.operation, outcome, ms / 1_000);
    logReview(deps, request, outcome, ms);
    if (trace === undefined) return;
    trace.record('answer', begin);
    const error = outcome.kind === 'errored' ? oneLine(outcome.message, 300) : undefined;
    trace.end(reviewAttributes(webhook, request, outcome), error);
  };

  /** Parses the body and answers it. */
  const review = async (call: Call, body: Buffer, deadline: Deadline) => {
    const { response, start, trace } = call;
    const parsed = parseReview(body);
    trace?.record('read', start);
    if (!parsed.ok) return refuse(call, { code: 400, message: parsed.message });
    const decide = () => ask(deps, parsed.request, deadline, trace);
    const outcome = await (trace ? trace.step(DECIDING[webhook], decide) : decide());
    if (response.destroyed) gone(call, parsed.request.uid);
    else answer(call, parsed.request, outcome);
  };

  return async (request, response) => {
    const trace = deps.trace?.(webhook, request);
    const call = { request, response, trace, start: performance.now() };
    const refusal = refuseHeaders(request);
    if (refusal) return refuse(call, refusal);
    const deadline = new Deadline(callerTimeout(request.url ?? ''));
    response.on('close', () => (response.writableFinished ? deadline.done() : deadline.cancel()));
    const share = capacity.body();
    try {
      const read = await readBody(request, response, share, deadline);
      if (read.state === 'gone') return gone(call);
      if (read.state === 'refused') return refuse(call, read.refusal);
      // Large bodies would gain nothing, and several of them parsed in one turn would block it.
      if (read.body.length <= LIMITS.freeBody) await cohort.join();
      const tooMuch = refuseParsing(read.body, share);
      if (tooMuch) return refuse(call, tooMuch);
      if (!capacity.enter()) return refuse(call, OVERLOADED);
      await review(call, read.body, deadline).finally(() => capacity.leave());
    } finally {
      share.release();
      deadline.done();
    }
  };
}
