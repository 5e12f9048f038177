import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { allowed } from '../../../src/admission/outcome.ts';
import type { Reviewer } from '../../../src/admission/reviewer.ts';
import { type Authenticate, makeApp } from '../../../src/server/app.ts';
import { Capacity, type CapacityLimits } from '../../../src/server/capacity.ts';
import type { HandlerDeps } from '../../../src/server/handler.ts';
import { type LogLevel, lineLog } from '../../../src/server/log.ts';
import { type Metrics, makeMetrics } from '../../../src/server/metrics/metrics.ts';
import { reviewOf as sharedReviewOf } from '../../support/reviews.ts';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A log whose lines a test can read and wait for. */
export function recordedLog(level: LogLevel = 'debug') {
  const lines: LogLine[] = [];
  const sink = lineLog(level, (line) => lines.push(JSON.parse(line)));
  return { sink, log: sink.log, lines, text: () => JSON.stringify(lines) };
}

export function testMetrics(): Metrics {
  return makeMetrics('0.0.0', new Capacity());
}

/** The value of one series, 0 when it is not there. */
export async function metricValue(metrics: Metrics, series: string): Promise<number> {
  const text = await metrics.registry.metrics();
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

/** Waits until something is so; the test's own time limit ends a wait that would never end. */
export async function until<T>(
  what: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  for (;;) {
    const value = await what();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Listens on a free port of 127.0.0.1 until the test ends. */
export async function listening(server: NetServer & { closeAllConnections?: () => void }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections?.();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  return (server.address() as AddressInfo).port;
}

export interface TestAppOptions {
  readonly validate?: Reviewer;
  readonly mutate?: Reviewer;
  readonly limits?: Partial<CapacityLimits>;
  readonly draining?: () => boolean;
  readonly authenticators?: readonly Authenticate[];
  readonly trace?: HandlerDeps['trace'];
}

/** The real app with reviewers of the test's own. */
export function testApp(options: TestAppOptions = {}) {
  const recorded = recordedLog();
  const metrics = testMetrics();
  const capacity = new Capacity(options.limits);
  const app = makeApp({
    reviewers: {
      validate: options.validate ?? (async () => allowed()),
      mutate: options.mutate ?? (async () => allowed()),
    },
    capacity,
    metrics,
    log: recorded.log,
    now: () => new Date('2026-01-01T00:00:00Z'),
    draining: options.draining ?? (() => false),
    authenticators: options.authenticators ?? [],
    trace: options.trace,
  });
  return { app: app as RequestListener, metrics, capacity, ...recorded };
}

/** The real app on a plain HTTP server. */
export async function httpApp(options: TestAppOptions = {}) {
  const parts = testApp(options);
  const server: Server = createServer(parts.app);
  server.on('checkContinue', parts.app);
  const port = await listening(server);
  return { ...parts, server, port, url: `http://127.0.0.1:${port}` };
}

const ENTRY = {
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { name: 'billing' },
  spec: { token: 'body-secret' },
};

/** The AdmissionReview of an entry, but for the changes. */
export function reviewOf(changes: Record<string, unknown> = {}) {
  return sharedReviewOf(ENTRY, {
    namespace: 'apps',
    uid: '0f6b1a52-6c1e-4d0a-9c55-0d8f3c1e2a10',
    ...changes,
  });
}
