import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Reviewer } from '../admission/reviewer.ts';
import { makeApp } from './app.ts';
import { Capacity } from './capacity.ts';
import { Certificates } from './certificates.ts';
import { ClientCa } from './clientCa.ts';
import { makeHealthServer, type ReadyCheck } from './health.ts';
import { type ListenAddress, listen } from './listen.ts';
import type { Log } from './log.ts';
import { type Metrics, makeMetrics, type Webhook } from './metrics.ts';
import { TIMING } from './timing.ts';
import { type ClientAuth, makeTlsServer, refuseClient, secureContextOptions } from './tls.ts';

/** Everything that a running webhook is made of. */
export interface WebhookOptions {
  readonly version: string;
  readonly certFolder: string;
  readonly reviews: ListenAddress;
  readonly health: ListenAddress;
  readonly log: Log;
  readonly now: () => Date;
  /** Milliseconds from the first signal until no new connection is taken. */
  readonly drain: number;
  /** Milliseconds after that until connections are cut. */
  readonly closeDeadline?: number;
  /** Milliseconds between two looks at certificates and client CA; a setting for tests. */
  readonly poll?: number;
  /** Waits out the drain; a test decides itself when it is over. */
  readonly wait?: (ms: number) => Promise<void>;
}

/** What a webhook serves, and to whom. */
export interface Serving {
  readonly reviewers: Readonly<Record<Webhook, Reviewer>>;
  readonly checks: readonly ReadyCheck[];
  readonly clientAuth: ClientAuth | undefined;
}

/** A webhook: its servers, made but not started, and its way to start and to stop. */
export interface Webhooks {
  readonly metrics: Metrics;
  /** Listens on both ports, and takes the certificate when there is one. Rejects with a ListenError. */
  start(serving: Serving): Promise<{ readonly reviews: AddressInfo; readonly health: AddressInfo }>;
  /** Stops in order: not ready and closing connections, then no new ones, then none. Never rejects. */
  stop(): Promise<void>;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves when every connection is closed; those that are left at the deadline are cut. */
function close(server: HttpServer | HttpsServer, deadline: number): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    const timer = setTimeout(() => server.closeAllConnections(), deadline);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Makes a webhook. Nothing listens before `start`. */
export function makeWebhooks(options: WebhookOptions): Webhooks {
  const { log, now, version, poll = TIMING.certificatePoll } = options;
  const capacity = new Capacity();
  const metrics = makeMetrics({
    version,
    inFlight: () => capacity.reviews,
    bodyBytes: () => capacity.bodyBytes,
  });
  let draining = false;
  let stopping: Promise<void> | undefined;
  let certificates: Certificates | undefined;
  let clientCa: ClientCa | undefined;
  let server: HttpsServer | undefined;
  let health: HttpServer | undefined;

  const stop = async () => {
    draining = true;
    log.info({ drainMs: options.drain }, 'stopping: not ready any more, still serving');
    if (server?.listening) await (options.wait ?? delay)(options.drain);
    log.info('stopping: no new connections');
    if (server) await close(server, options.closeDeadline ?? TIMING.closeDeadline);
    certificates?.stop();
    clientCa?.stop();
    if (health) await close(health, 0);
  };

  return {
    metrics,
    async start({ reviewers, checks, clientAuth }) {
      const app = makeApp({
        reviewers,
        capacity,
        metrics,
        log,
        now,
        draining: () => draining,
        ...(clientAuth && { refuseCaller: (request) => refuseClient(request, clientAuth) }),
      });
      const tls = makeTlsServer({ app, clientAuth, metrics, log });
      server = tls;
      let trusted: Pick<ClientAuth, 'ca'> | undefined = clientAuth;
      const keeper = new Certificates({
        folder: options.certFolder,
        log,
        metrics,
        now,
        poll,
        use: (pair) => tls.setSecureContext(secureContextOptions(pair, trusted)),
      });
      certificates = keeper;
      if (clientAuth?.file !== undefined) {
        const use = (ca: Buffer) => {
          tls.setSecureContext(secureContextOptions(keeper.served, { ca }));
          trusted = { ca };
        };
        clientCa = new ClientCa({ file: clientAuth.file, ca: clientAuth.ca, log, use, poll });
        clientCa.start();
      }
      health = makeHealthServer({
        metrics,
        log,
        draining: () => draining,
        checks: [
          { name: 'shutdown', problem: () => (draining ? 'the process is stopping' : undefined) },
          { name: 'certificate', problem: () => keeper.notReady() },
          { name: 'review-port', problem: () => (tls.listening ? undefined : 'not listening') },
          ...checks,
        ],
      });
      const healthAddress = await listen(health, options.health);
      await keeper.start();
      const reviewsAddress = await listen(tls, options.reviews);
      log.info({ reviews: reviewsAddress, health: healthAddress }, 'listening');
      return { reviews: reviewsAddress, health: healthAddress };
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}
