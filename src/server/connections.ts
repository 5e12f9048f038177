import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { LIMITS } from './limits.ts';

interface Connection {
  readonly socket: Socket;
  /** Requests without an answer. */
  open: number;
  /** The newest request, while it is arriving or has no answer. */
  newest: IncomingMessage | undefined;
  /** When the newest request began, milliseconds since 1970; undefined before the first. */
  requestAt: number | undefined;
  /** The place of its last use in the order of all uses. */
  usedAt: number;
}

/** The share of all connections that may be without a whole request when room is needed. */
const ARRIVING_SHARE = 0.75;

function older(one: Connection | undefined, other: Connection): Connection {
  return one === undefined || other.usedAt < one.usedAt ? other : one;
}

/** The connection to close for a new one; undefined when none may be closed. */
function findVictim(open: Iterable<Connection>, limit: number, arrivingFor: number): Connection | undefined {
  const now = Date.now();
  let arriving = 0;
  let late: Connection | undefined;
  let idle: Connection | undefined;
  let busy: Connection | undefined;
  for (const connection of open) {
    const { requestAt = Number.NEGATIVE_INFINITY, newest } = connection;
    if (requestAt < 0 || (newest !== undefined && !newest.complete)) {
      arriving++;
      if (requestAt < now - arrivingFor) late = older(late, connection);
    }
    if (connection.open === 0) idle = older(idle, connection);
    else if (requestAt < now - LIMITS.busyConnection) busy = older(busy, connection);
  }
  return arriving >= limit * ARRIVING_SHARE ? late : (idle ?? busy);
}

/**
 * Passes the requests of a server on to `app` and limits its open connections without shutting out new callers, which
 * `maxConnections` would. It is needed while anyone in the cluster may connect: with `maxConnections`, 1,024 idle
 * connections keep the API server out. At the limit one connection is closed: while three quarters have not sent a whole
 * request, the oldest of those; else the one that has been idle longest; else the oldest with a request older than 5 s.
 * Callers that send whole requests so keep a quarter of all connections. Returns the function that counts open ones.
 */
export function guardConnections(
  server: HttpServer | HttpsServer,
  app: RequestListener,
  limit: number,
  arrivingFor: number = LIMITS.arrivingRequest,
): () => number {
  const open = new Set<Connection>();
  // A request has the TLS socket, `connection` the TCP socket below it; both have the same two ends.
  const byEnds = new Map<string, Connection>();
  const bySocket = new WeakMap<Socket, Connection>();
  const endsOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;
  const ofRequest = ({ socket }: IncomingMessage): Connection | undefined => {
    const known = bySocket.get(socket);
    if (known) return known;
    const connection = byEnds.get(endsOf(socket));
    if (connection) bySocket.set(socket, connection);
    return connection;
  };
  // Counts every request and every answer, so that the lowest number is the longest idle.
  let uses = 0;

  const makeRoom = (): boolean => {
    const victim = findVictim(open, limit, arrivingFor);
    if (victim === undefined) return false;
    // Removed at once: its close event comes after the next connection.
    open.delete(victim);
    victim.socket.destroy();
    return true;
  };

  server.on('connection', (socket: Socket) => {
    if (open.size >= limit && !makeRoom()) return void socket.destroy();
    const ends = endsOf(socket);
    const connection = { socket, open: 0, newest: undefined, requestAt: undefined, usedAt: ++uses };
    open.add(connection);
    byEnds.set(ends, connection);
    socket.once('close', () => {
      open.delete(connection);
      if (byEnds.get(ends) === connection) byEnds.delete(ends);
    });
  });

  const onAnswered = (connection: Connection, request: IncomingMessage) => {
    connection.open--;
    // An idle connection keeps nothing of its last request alive.
    if (connection.newest === request && request.complete) connection.newest = undefined;
    connection.usedAt = ++uses;
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const connection = ofRequest(request);
    if (connection) {
      connection.open++;
      connection.newest = request;
      connection.requestAt = Date.now();
      connection.usedAt = ++uses;
      response.on('close', () => onAnswered(connection, request));
    }
    app(request, response);
  };
  server.on('request', onRequest);
  // A caller that sends `Expect: 100-continue` gets `100 Continue` from the body reader, or a refusal instead.
  server.on('checkContinue', onRequest);
  return () => open.size;
}
