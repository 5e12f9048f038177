import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { guardConnections } from '../connections.ts';
import { LIMITS, TIMING } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Meter } from '../metrics/meter.ts';
import type { Pair } from './pair.ts';

/**
 * Every option of a secure context, for the first one and each later one. `setSecureContext` resets an option that it is
 * not given to Node's default: without `minVersion` it would accept TLS 1.2.
 */
export function secureContextOptions(
  pair: Pick<Pair, 'cert' | 'key'> | undefined,
  clientCa: Buffer | undefined,
): SecureContextOptions {
  return {
    minVersion: 'TLSv1.3',
    ...(pair && { cert: pair.cert, key: pair.key }),
    ...(clientCa && { ca: clientCa }),
  };
}

/** What the HTTPS server needs. */
export interface TlsServerDeps {
  readonly app: RequestListener;
  /** What callers' certificates are verified with; without it callers send none. */
  readonly clientCa: Buffer | undefined;
  readonly meter: Meter;
  readonly log: Log;
  /** Milliseconds for a handshake, and for the head of a request; a setting for tests. */
  readonly headTimeout?: number;
}

/** Makes the HTTPS server: TLS 1.3, HTTP/1.1, every time and size bounded. It has no certificate yet. */
export function makeTlsServer(deps: TlsServerDeps): Server {
  const { app, clientCa, meter, log, headTimeout = TIMING.head } = deps;
  const server = createServer({
    ...secureContextOptions(undefined, clientCa),
    ...(clientCa && { requestCert: true, rejectUnauthorized: true }),
    handshakeTimeout: headTimeout,
    headersTimeout: headTimeout,
    requestTimeout: TIMING.request,
    connectionsCheckingInterval: TIMING.requestCheck,
    keepAliveTimeout: TIMING.keepAlive,
  });
  const errors = meter.counter('tls_errors_total', 'TLS handshakes that failed, plain HTTP among them.');
  server.on('tlsClientError', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'ECONNRESET') errors.inc();
    log.debug({ code }, 'TLS handshake failed');
  });
  guardConnections(server, app, LIMITS.connections);
  return server;
}
