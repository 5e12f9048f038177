import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Reviewer } from '../admission/reviewer.ts';
import { type Authenticate, makeApp } from './app.ts';
import { Capacity } from './capacity.ts';
import type { HandlerDeps } from './handler.ts';
import { makeHealthServer, type ReadyCheck } from './health.ts';
import { TIMING } from './limits.ts';
import { type ListenAddress, listen } from './listen.ts';
import type { Log } from './log.ts';
import { type Metrics, makeMetrics, type Webhook } from './metrics/metrics.ts';
import { CertWatcher, type CertWatcherDeps } from './tls/certWatcher.ts';
import { makeTlsServer, secureContextOptions } from './tls/tls.ts';

/** How a webhook runs. */
export interface WebhookOptions {
  readonly version: string;
  readonly certFolder: string;
  readonly reviews: ListenAddress;
  readonly health: ListenAddress;
  readonly log: Log;
  readonly now: () => Date;
  /** Milliseconds from the first signal until no new connection is accepted. */
  readonly drain: number;
  /** Milliseconds after that until connections are cut. */
  readonly closeDeadline?: number;
  /** Milliseconds between two reads of certificates; a setting for tests. */
  readonly poll?: number;
  /** Waits out the drain; a setting for tests. */
  readonly wait?: (ms: number) => Promise<void>;
}

/** What a webhook serves, and to whom. */
export interface Serving {
  readonly reviewers: Readonly<Record<Webhook, Reviewer>>;
  readonly checks: readonly ReadyCheck[];
  /** Authorities of callers' certificates, and the file that is read again; without it callers send no certificate. */
  readonly clientCa: { readonly ca: Buffer; readonly file: string } | undefined;
  readonly authenticators: readonly Authenticate[];
  /** The body of `/findings` on the health port; without it there is no such path. */
  readonly findings?: (() => Promise<string>) | undefined;
  readonly trace?: HandlerDeps['trace'];
}

/** A webhook: its two servers, and how to start and stop them. */
export interface Webhooks {
  readonly metrics: Metrics;
  /** Listens on both ports. Rejects with a ListenError, or when it is stopped meanwhile; no port is open then. */
  start(serving: Serving): Promise<{ readonly reviews: AddressInfo; readonly health: AddressInfo }>;
  /** Stops in order: not ready and closing connections, then no new ones, then none. Never rejects. */
  stop(): Promise<void>;
}

/** Closes idle connections, and resolves when all are closed; those still open at the deadline are cut. */
function close(server: HttpServer | HttpsServer | undefined, deadline: number): Promise<void> {
  return new Promise((resolve) => {
    if (!server?.listening) return resolve();
    const timer = setTimeout(() => server.closeAllConnections(), deadline);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Makes a webhook. Nothing listens before `start`. */
export function makeWebhooks(options: WebhookOptions): Webhooks {
  const { log, now, version, certFolder, poll = TIMING.certificatePoll } = options;
  const capacity = new Capacity();
  const metrics = makeMetrics(version, capacity);
  const { meter } = metrics;
  let stopping: Promise<void> | undefined;
  let certificates: CertWatcher | undefined;
  let server: HttpsServer | undefined;
  let health: HttpServer | undefined;
  const draining = () => stopping !== undefined;

  const stop = async () => {
    log.info({ drainMs: options.drain }, 'stopping: not ready, still serving');
    if (server?.listening) await (options.wait ?? delay)(options.drain);
    log.info('stopping: no new connections');
    await close(server, options.closeDeadline ?? TIMING.closeDeadline);
    certificates?.stop();
    await close(health, 0);
  };

  return {
    metrics,
    async start({ reviewers, checks, clientCa, authenticators, findings, trace }) {
      const app = makeApp({ reviewers, authenticators, capacity, metrics, log, now, draining, trace });
      const tls = makeTlsServer({ app, clientCa: clientCa?.ca, meter, log });
      const use: CertWatcherDeps['use'] = (pair, ca) => tls.setSecureContext(secureContextOptions(pair, ca));
      const watcher = new CertWatcher({ folder: certFolder, clientCa, log, meter, now, poll, use });
      server = tls;
      certificates = watcher;
      health = makeHealthServer({
        metrics,
        log,
        draining,
        findings,
        checks: [
          { name: 'shutdown', problem: () => (draining() ? 'the process is stopping' : undefined) },
          { name: 'certificate', problem: () => watcher.notReady() },
          { name: 'review-port', problem: () => (tls.listening ? undefined : 'not listening') },
          ...checks,
        ],
      });
      const healthAddress = await listen(health, options.health);
      await watcher.start();
      const reviewsAddress = await listen(tls, options.reviews);
      if (draining()) {
        // The stop came before there was anything to close.
        watcher.stop();
        await Promise.all([close(tls, 0), close(health, 0)]);
        throw new Error('stopped during the start');
      }
      log.info({ reviews: reviewsAddress, health: healthAddress }, 'listening');
      return { reviews: reviewsAddress, health: healthAddress };
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}
