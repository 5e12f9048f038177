import { createServer, type Server, type ServerResponse } from 'node:http';
import express from 'express';
import { routed } from './app.ts';
import { guardConnections } from './connections.ts';
import { LIMITS, TIMING } from './limits.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import { sendStatus } from './status.ts';

/** One condition of readiness: its name, and why it does not hold (undefined when it does). */
export interface ReadyCheck {
  readonly name: string;
  readonly problem: () => string | undefined;
  /** What is wrong although the condition holds; it is shown and changes nothing. */
  readonly note?: () => string | undefined;
}

/** What the health server needs. */
export interface HealthDeps {
  readonly checks: readonly ReadyCheck[];
  readonly metrics: Metrics;
  readonly log: Log;
  /** True once the process is stopping: each response then closes its connection. */
  readonly draining: () => boolean;
  /** The body of `/findings`, as JSON; without it there is no such path. */
  readonly findings?: (() => Promise<string>) | undefined;
}

/** The answer of `/readyz` in the form of the API server: a line per check, then the verdict. */
function readiness(checks: readonly ReadyCheck[]): { readonly ready: boolean; readonly text: string } {
  const states = checks.map(({ name, problem, note }) => ({ name, problem: problem(), note: note?.() }));
  const ready = states.every(({ problem }) => problem === undefined);
  const lines = states.map(({ name, problem, note }) => {
    if (problem !== undefined) return `[-]${name} failed: ${problem}\n`;
    return note === undefined ? `[+]${name} ok\n` : `[+]${name} ok, but ${note}\n`;
  });
  return { ready, text: `${lines.join('')}readyz check ${ready ? 'passed' : 'failed'}\n` };
}

/** The server for the kubelet and for Prometheus, over plain HTTP: `/livez`, `/readyz`, `/metrics`, and `/findings` when it is on. */
export function makeHealthServer({ checks, metrics, log, draining, findings }: HealthDeps): Server {
  const text = (response: ServerResponse, code: number, body: string, type = 'text/plain; charset=utf-8') => {
    response.writeHead(code, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' }).end(body);
  };
  const router = express
    .Router()
    .use((request, response, next) => {
      if (draining()) response.setHeader('Connection', 'close');
      if (request.method === 'GET' || request.method === 'HEAD') return next();
      sendStatus(response, { code: 405, message: 'method not allowed; use GET', allow: 'GET, HEAD' }, true);
    })
    .get('/livez', (_request, response) => text(response, 200, 'ok\n'))
    .get('/readyz', (_request, response) => {
      const { ready, text: body } = readiness(checks);
      text(response, ready ? 200 : 503, body);
    })
    .get('/metrics', async (_request, response) =>
      text(response, 200, await metrics.registry.metrics(), metrics.registry.contentType),
    );
  if (findings)
    router.get('/findings', async (_request, response) =>
      text(response, 200, await findings(), 'application/json'),
    );
  const app = routed(router, (_request, response, error) => {
    if (error === undefined) return text(response, 404, 'not found; GET /livez, /readyz or /metrics\n');
    log.error({ err: error }, 'health request failed');
    text(response, 500, 'internal error; see the log\n');
  });
  const server = createServer({
    requestTimeout: TIMING.healthRequest,
    headersTimeout: TIMING.healthRequest,
    connectionsCheckingInterval: TIMING.requestCheck,
  });
  // Not `maxConnections`: it refuses new connections, and each probe of the kubelet is a new one.
  guardConnections(server, app, LIMITS.healthConnections);
  return server;
}
