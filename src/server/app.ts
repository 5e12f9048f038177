import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler } from 'express';
import type { Reviewer } from '../admission/reviewer.ts';
import type { Capacity } from './capacity.ts';
import { Cohort } from './cohort.ts';
import type { Log } from './log.ts';
import { type Metrics, WEBHOOKS, type Webhook } from './metrics.ts';
import { type RequestHandler, reviewHandler } from './reviewHandler.ts';
import { sendStatus } from './status.ts';

/** What the app needs. */
export interface AppDeps {
  readonly reviewers: Readonly<Record<Webhook, Reviewer>>;
  readonly capacity: Capacity;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
  /** True once the process is about to end: every response then closes its connection. */
  readonly draining: () => boolean;
  /** Undefined when the caller may call; else why not. */
  readonly refuseCaller?: (request: IncomingMessage) => string | undefined;
}

/**
 * Answers reviews, `POST /validate` and `POST /mutate`, and a `metav1.Status` to all else. The two paths as the API server
 * writes them go straight to their handlers, since express's router takes a tenth of a review's time; it has the rest.
 */
export function makeApp(deps: AppDeps): RequestListener {
  const { metrics, log } = deps;
  const handlers = new Map<string, RequestHandler>();
  const cohort = new Cohort();
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false).set('case sensitive routing', true);

  /** False when the caller may not call, and has been told. */
  const admit = (request: IncomingMessage, response: ServerResponse): boolean => {
    const problem = deps.refuseCaller?.(request);
    if (problem === undefined) return true;
    metrics.refused('none', 403);
    log.warn({ code: 403, problem, from: request.socket.remoteAddress }, 'refused');
    sendStatus(response, { code: 403, message: problem }, true);
    return false;
  };

  const fail = (error: unknown, response: ServerResponse) => {
    log.error({ err: error }, 'request failed');
    metrics.refused('none', 500);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const message = 'internal error in vmcp-admission; see its log';
    sendStatus(response, { code: 500, message }, true);
  };

  app.use((request, response, next) => {
    if (admit(request, response)) next();
  });
  for (const webhook of WEBHOOKS) {
    const handler = reviewHandler({ ...deps, cohort, webhook, reviewer: deps.reviewers[webhook] });
    handlers.set(`/${webhook}`, handler);
    // express hands a rejected handler to the error handler below.
    app.all(`/${webhook}`, handler);
  }
  app.use((_request: IncomingMessage, response: ServerResponse) => {
    metrics.refused('none', 404);
    const message = 'not found; POST AdmissionReviews to /validate or /mutate';
    sendStatus(response, { code: 404, message }, true);
  });
  const onError: ErrorRequestHandler = (error, _request, response, _next) => fail(error, response);
  app.use(onError);

  return (request, response) => {
    const url = request.url ?? '';
    const query = url.indexOf('?');
    const handler = handlers.get(query < 0 ? url : url.slice(0, query));
    if (handler === undefined) app(request, response);
    else if (admit(request, response)) handler(request, response).catch((error) => fail(error, response));
  };
}
