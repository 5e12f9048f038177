import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { guardConnections } from './connections.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Pair } from './pair.ts';
import { LIMITS, TIMING } from './timing.ts';

/** Who may call; without it anybody who reaches the port. */
export interface ClientAuth {
  /** PEM of the authorities that sign callers' certificates. */
  readonly ca: Buffer;
  /** Common names that may call; empty when any certificate of those authorities will do. */
  readonly allowedNames: readonly string[];
  /** Where `ca` was read, when it is to be read again at each poll. */
  readonly file?: string;
}

/**
 * All options of a secure context, for the first one and for every later one: what `setSecureContext` is not told
 * again falls back to Node's default, and TLS 1.2 would silently be open.
 */
export function secureContextOptions(
  pair: Pair | undefined,
  clientAuth: Pick<ClientAuth, 'ca'> | undefined,
): SecureContextOptions {
  return {
    minVersion: 'TLSv1.3',
    ...(pair && { cert: pair.cert, key: pair.key }),
    ...(clientAuth && { ca: clientAuth.ca }),
  };
}

/** Why the caller behind a connection may not call; undefined when it may. */
export function refuseClient(request: IncomingMessage, clientAuth: ClientAuth): string | undefined {
  if (clientAuth.allowedNames.length === 0) return undefined;
  const name = (request.socket as TLSSocket).getPeerCertificate?.().subject?.CN;
  const names = typeof name === 'string' ? [name] : (name ?? []);
  if (names.some((one) => clientAuth.allowedNames.includes(one))) return undefined;
  return 'the common name of the client certificate is not in --client-allowed-names';
}

/** What the HTTPS server needs. */
export interface TlsServerDeps {
  readonly app: RequestListener;
  readonly clientAuth: ClientAuth | undefined;
  readonly metrics: Pick<Metrics, 'tlsError'>;
  readonly log: Log;
}

const CLOSED = '\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
const MALFORMED = `HTTP/1.1 400 Bad Request${CLOSED}`;
const ANSWERS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: `HTTP/1.1 408 Request Timeout${CLOSED}`,
  HPE_HEADER_OVERFLOW: `HTTP/1.1 431 Request Header Fields Too Large${CLOSED}`,
};

/** Makes the HTTPS server: TLS 1.3, HTTP/1.1, every time and size bounded. It has no certificate yet. */
export function makeTlsServer(deps: TlsServerDeps): Server {
  const { app, clientAuth, metrics, log } = deps;
  const options: ServerOptions = {
    ...secureContextOptions(undefined, clientAuth),
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: TIMING.firstRequest,
    ...(clientAuth && { requestCert: true, rejectUnauthorized: true }),
    keepAliveTimeout: TIMING.keepAlive,
    headersTimeout: TIMING.headers,
    requestTimeout: TIMING.request,
    noDelay: true,
  };
  const server = createServer(options);
  server.maxHeadersCount = LIMITS.headerLines;
  // Also what fails before there is HTTP: node:https passes errors of the handshake on to this event.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const code = error.code ?? '';
    if (code !== 'ECONNRESET') metrics.tlsError();
    log.debug({ code }, 'connection failed before a request');
    const answer = ANSWERS[code] ?? (code.startsWith('HPE_') ? MALFORMED : undefined);
    if (answer !== undefined && socket.writable) socket.end(answer, () => socket.destroy());
    else socket.destroy();
  });
  guardConnections(server, app);
  return server;
}
