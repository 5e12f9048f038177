import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type RequestHandler } from 'express';
import type { Reviewer } from '../admission/reviewer.ts';
import { Cohort } from './cohort.ts';
import { type HandlerDeps, reviewHandler } from './handler.ts';
import { WEBHOOKS, type Webhook } from './metrics/metrics.ts';
import { type Records, recordRefusal } from './record.ts';
import { type Refusal, refuseRequest, sendStatus } from './status.ts';

/** Decides whether the sender of a request may ask for reviews. Returns why not, or undefined. */
export type Authenticate = (request: IncomingMessage) => Promise<Refusal | undefined>;

/** What the review port needs: the dependencies of its two handlers, and its own. */
export interface AppDeps extends Omit<HandlerDeps, 'webhook' | 'reviewer' | 'cohort'> {
  readonly reviewers: Readonly<Record<Webhook, Reviewer>>;
  /** All of them must accept the sender of a request. */
  readonly authenticators: readonly Authenticate[];
}

/**
 * A request listener over an express router; `otherwise` answers when no route has, or when one has failed with an error. An
 * express app would add to every request and response what no handler here uses, for 5 % of the CPU of a create.
 */
export function routed(
  router: express.Router,
  otherwise: (request: IncomingMessage, response: ServerResponse, error: unknown) => void,
): RequestListener {
  return (request, response) =>
    router(request as express.Request, response as express.Response, (error?: unknown) =>
      otherwise(request, response, error),
    );
}

/** The routes of the review port: `POST /validate` and `POST /mutate`; a `metav1.Status` for everything else. */
export function makeApp(deps: AppDeps): RequestListener {
  const { metrics, log } = deps;
  const records: Records = { webhook: 'none', metrics, log };

  const authenticated: RequestHandler = async (request, response, next) => {
    for (const authenticate of deps.authenticators) {
      const refusal = await authenticate(request);
      if (refusal === undefined) continue;
      recordRefusal(records, request, refusal);
      return refuseRequest(request, response, refusal, true);
    }
    next();
  };
  const failed = (response: ServerResponse, error: unknown) => {
    log.error({ err: error }, 'request failed');
    metrics.refused('none', 500);
    if (response.headersSent) response.destroy();
    else sendStatus(response, { code: 500, message: 'internal error in vmcp-admission; see its log' }, true);
  };

  const router = express.Router({ caseSensitive: true });
  if (deps.authenticators.length > 0) router.use(authenticated);
  const cohort = new Cohort();
  for (const webhook of WEBHOOKS)
    router.all(`/${webhook}`, reviewHandler({ ...deps, cohort, webhook, reviewer: deps.reviewers[webhook] }));
  return routed(router, (_request, response, error) => {
    if (error) return failed(response, error);
    metrics.refused('none', 404);
    const message = 'not found; POST AdmissionReviews to /validate or /mutate';
    sendStatus(response, { code: 404, message }, true);
  });
}
