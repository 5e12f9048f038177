import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { Reviewer } from '../admission/reviewer.ts';
import type { Capacity } from './capacity.ts';
import type { Log } from './log.ts';
import { type Metrics, WEBHOOKS, type Webhook } from './metrics.ts';
import { reviewHandler } from './reviewHandler.ts';
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

/** The express app that answers reviews: `POST /validate` and `POST /mutate`, and a `metav1.Status` to all else. */
export function makeApp(deps: AppDeps): Express {
  const { metrics, log } = deps;
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false).set('case sensitive routing', true);

  app.use((request, response, next) => {
    if (deps.draining()) response.setHeader('Connection', 'close');
    const problem = deps.refuseCaller?.(request);
    if (problem === undefined) return next();
    metrics.refused('none', 403);
    log.warn({ code: 403, problem, from: request.socket.remoteAddress }, 'refused');
    response.setHeader('Connection', 'close');
    sendStatus(response, { code: 403, message: problem });
  });
  // express hands a rejected handler to the error handler below.
  for (const webhook of WEBHOOKS)
    app.all(`/${webhook}`, reviewHandler({ ...deps, webhook, reviewer: deps.reviewers[webhook] }));

  app.use((_request: IncomingMessage, response: ServerResponse) => {
    metrics.refused('none', 404);
    response.setHeader('Connection', 'close');
    sendStatus(response, {
      code: 404,
      message: 'there is nothing here; reviews go to /validate and /mutate',
    });
  });

  const onError: ErrorRequestHandler = (error, _request, response, _next) => {
    log.error({ err: error }, 'request failed');
    metrics.refused('none', 500);
    response.setHeader('Connection', 'close');
    if (response.headersSent) response.destroy();
    else
      sendStatus(response, {
        code: 500,
        message: 'vmcp-admission failed to handle the request; its log has the details',
      });
  };
  app.use(onError);
  return app;
}
