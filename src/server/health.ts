import { createServer, type RequestListener, type Server } from 'node:http';
import { guardConnections } from './connections.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { sendStatus } from './status.ts';
import { LIMITS, TIMING } from './timing.ts';

/** One condition of readiness: its name, and why it does not hold (undefined when it does). */
export interface ReadyCheck {
  readonly name: string;
  readonly problem: () => string | undefined;
}

/** What the health server needs. */
export interface HealthDeps {
  readonly checks: readonly ReadyCheck[];
  readonly metrics: Metrics;
  readonly log: Log;
  /** True once the process is about to end: every response then closes its connection. */
  readonly draining: () => boolean;
}

/** The answer of `/readyz` in the form of the API server's own: a line per check, then the verdict. */
export function readiness(checks: readonly ReadyCheck[]): { readonly ready: boolean; readonly text: string } {
  const lines: string[] = [];
  let ready = true;
  for (const { name, problem } of checks) {
    const reason = problem();
    if (reason !== undefined) ready = false;
    lines.push(reason === undefined ? `[+]${name} ok` : `[-]${name} failed: ${reason}`);
  }
  lines.push(ready ? 'readyz check passed' : 'readyz check failed');
  return { ready, text: `${lines.join('\n')}\n` };
}

/** Plain HTTP for the kubelet and for Prometheus: `/livez`, `/readyz`, `/metrics`. */
export function makeHealthServer(deps: HealthDeps): Server {
  const { checks, metrics, log, draining } = deps;
  const app: RequestListener = (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendStatus(response, { code: 405, message: 'method not allowed; use GET', allow: 'GET, HEAD' }, true);
      return;
    }
    const text = (code: number, body: string, type = 'text/plain; charset=utf-8') => {
      response.writeHead(code, {
        'Content-Type': type,
        'X-Content-Type-Options': 'nosniff',
        ...(draining() && { Connection: 'close' }),
      });
      response.end(body);
    };
    const path = request.url?.split('?', 1)[0];
    if (path === '/livez') text(200, 'ok\n');
    else if (path === '/readyz') {
      const { ready, text: body } = readiness(checks);
      text(ready ? 200 : 503, body);
    } else if (path === '/metrics')
      metrics.registry.metrics().then(
        (body) => text(200, body, metrics.registry.contentType),
        (error: unknown) => {
          log.error({ err: error }, 'metrics failed');
          text(500, 'metrics failed; see the log\n');
        },
      );
    else text(404, 'not found; GET /livez, /readyz or /metrics\n');
  };
  const server = createServer({
    requestTimeout: TIMING.healthRequest,
    headersTimeout: TIMING.healthRequest,
    connectionsCheckingInterval: TIMING.healthRequestCheck,
    noDelay: true,
  });
  // Not `maxConnections`: it turns new ones away, and a probe of the kubelet is always a new one.
  guardConnections(server, app, {
    connections: LIMITS.healthConnections,
    firstRequest: TIMING.healthRequest,
  });
  return server;
}
