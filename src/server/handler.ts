import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Decided, errored, type Failed, type Outcome } from '../admission/outcome.ts';
import { type AnswerText, reviewText } from '../admission/response.ts';
import { type AdmissionRequest, parseReview } from '../admission/review.ts';
import type { Reviewer } from '../admission/reviewer.ts';
import { oneLine } from '../text/line.ts';
import type { ReviewTrace } from '../tracing/tracer.ts';
import { readBody, refuseHeaders, refuseParsing } from './body.ts';
import type { BodyShare, Capacity } from './capacity.ts';
import type { Cohort } from './cohort.ts';
import { callerTimeout, Deadline } from './deadline.ts';
import { LIMITS } from './limits.ts';
import type { Log } from './log.ts';
import type { Metrics, Webhook } from './metrics/metrics.ts';
import { type Call, recordGone, recordRefusal, recordReview } from './record.ts';
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
      deps.reviewer(request, deadline).then(resolve, fail);
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

/** Sends an AdmissionReview; `close` ends the connection after it. */
function sendReview(response: ServerResponse, { text, bytes }: AnswerText, close: boolean): void {
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': bytes,
    ...(close && { Connection: 'close' }),
  });
  // For UTF-8, Node reserves three bytes for each character before it writes; ASCII is only copied.
  response.end(text, bytes === text.length ? 'latin1' : 'utf8');
}

/** True when the caller gets no answer. The response learns that later, from the close event of the socket. */
function isGone({ socket }: IncomingMessage): boolean {
  return socket.destroyed;
}

/** The step in which a review is decided. */
const DECIDING: Readonly<Record<Webhook, string>> = { validate: 'rules', mutate: 'injection' };

/**
 * Returns the handler of one webhook: it reads the body within the caller's deadline, asks the reviewer, and writes the
 * answer. Each request is answered unless its caller is gone, and exactly one metric counts it.
 */
export function reviewHandler(deps: HandlerDeps): RequestHandler {
  const { webhook, capacity, cohort, draining } = deps;

  const refuse = ({ request, response, trace }: Call, refusal: Refusal) => {
    recordRefusal(deps, request, refusal, trace);
    refuseRequest(request, response, refusal, draining());
  };

  /**
   * Sends a decision as an AdmissionReview. A failure is not a decision: it is sent as an HTTP error, which the API server
   * treats by the webhook's failurePolicy. An AdmissionReview with `allowed: false` would deny also under `Ignore`.
   */
  const answer = (call: Call, request: AdmissionRequest, asked: Outcome) => {
    const begin = performance.now();
    const written = asked.kind === 'errored' ? asked : answerText(deps, request, asked);
    const isText = 'text' in written;
    if (isText) sendReview(call.response, written, draining());
    else sendStatus(call.response, written, draining());
    call.trace?.record('answer', begin);
    recordReview(deps, call, request, isText ? asked : written);
  };

  /** Parses the body and answers it. */
  const review = async (call: Call, body: Buffer, share: BodyShare, deadline: Deadline) => {
    const { start, trace } = call;
    const parsed = parseReview(body);
    share.discard();
    trace?.record('read', start);
    if (!parsed.ok) return refuse(call, { code: 400, message: parsed.message });
    const { request } = parsed;
    const outcome = await (trace
      ? trace.step(DECIDING[webhook], () => ask(deps, request, deadline))
      : ask(deps, request, deadline));
    if (isGone(call.request)) recordGone(deps, call, request.uid);
    else answer(call, request, outcome);
  };

  return async (request, response) => {
    const trace = deps.trace?.(webhook, request);
    const call = { request, response, trace, start: performance.now() };
    const refusal = refuseHeaders(request);
    if (refusal) return refuse(call, refusal);
    const step = trace?.step.bind(trace);
    const deadline = new Deadline(callerTimeout(request.url ?? ''), deps.now(), step);
    response.on('close', () => (response.writableFinished ? deadline.done() : deadline.cancel()));
    const share = capacity.body();
    try {
      const read = await readBody(request, response, share, deadline);
      if (read.state === 'gone') return recordGone(deps, call);
      if (read.state === 'refused') return refuse(call, read.refusal);
      // Large bodies would gain nothing, and several of them parsed in one turn would block it.
      if (read.body.length <= LIMITS.freeBody) await cohort.join();
      if (isGone(request)) return recordGone(deps, call);
      const tooMuch = refuseParsing(read.body, share);
      if (tooMuch) return refuse(call, tooMuch);
      if (!capacity.enter()) return refuse(call, OVERLOADED);
      await review(call, read.body, share, deadline).finally(() => capacity.leave());
    } finally {
      share.release();
      deadline.done();
    }
  };
}
