import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { LIMITS, TIMING } from './timing.ts';

interface Connection {
  readonly socket: Socket;
  /** Sweeps that it has seen without a request. */
  sweeps: number;
  /** Requests that are not answered yet. */
  open: number;
  /** When the newest request came; undefined before the first. */
  requestAt: number | undefined;
  /** The newest request, until it has arrived as a whole and is answered. */
  newest: IncomingMessage | undefined;
  /** The place of its last use in the order of all uses. */
  usedAt: number;
}

/** Where a socket keeps its connection, since every request asks: a look-up in a WeakMap takes a hash for each. */
const CONNECTION = Symbol('connection');

type GuardedSocket = Socket & { [CONNECTION]?: Connection | undefined };

/** How many connections, and how long one may be open without a request; times in milliseconds. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly firstRequest: number;
  readonly arrivingRequest: number;
  readonly busyConnection: number;
}

/** How often a connection is looked at before it is closed for want of a request. */
const SWEEPS = 10;

const DEFAULTS: ConnectionLimits = {
  connections: LIMITS.connections,
  firstRequest: TIMING.firstRequest,
  arrivingRequest: LIMITS.arrivingRequest,
  busyConnection: LIMITS.busyConnection,
};

/** Of all connections, how many may be such whose request has not arrived as a whole when room is needed. */
const WAITING_SHARE = 0.75;

function older(one: Connection | undefined, other: Connection): Connection {
  return one === undefined || other.usedAt < one.usedAt ? other : one;
}

/**
 * The connection that makes room for a new one; undefined when none may. Looked for only when room is needed, so that a
 * request costs no more than a few fields.
 */
function findVictim(open: Iterable<Connection>, limits: ConnectionLimits): Connection | undefined {
  const now = Date.now();
  let waiting = 0;
  let late: Connection | undefined;
  let idle: Connection | undefined;
  let busy: Connection | undefined;
  for (const connection of open) {
    const { requestAt, newest } = connection;
    const arriving = newest !== undefined && !newest.complete;
    if (requestAt === undefined || arriving) {
      waiting++;
      if (requestAt === undefined || requestAt < now - limits.arrivingRequest) late = older(late, connection);
    }
    if (connection.open === 0) idle = older(idle, connection);
    else if ((requestAt ?? 0) < now - limits.busyConnection) busy = older(busy, connection);
  }
  // Whoever sends whole requests is not crowded out by those who only connect, or send theirs byte by byte: a share is
  // kept. When all of the others are young, the new one waits for its turn instead.
  if (waiting >= limits.connections * WAITING_SHARE) return late;
  return idle ?? busy;
}

/**
 * Hands the requests of a server on to `app`, and bounds its connections without shutting out new callers. At the limit one
 * makes room: while most of them have sent no whole request, the oldest of those; else the one that has been idle longest;
 * else the oldest whose request has taken long. A connection that never sends a request, or never finishes its handshake,
 * is closed. Returns how many are open.
 */
export function guardConnections(
  server: HttpServer | HttpsServer,
  app: RequestListener,
  given: Partial<ConnectionLimits> = {},
): () => number {
  const limits = { ...DEFAULTS, ...given };
  const open = new Set<Connection>();
  // A request knows only its TLS socket; before its first one, the ends of the connection lead from there to the raw one.
  const byEnds = new Map<string, Connection>();
  const endsOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;
  const ofRequest = ({ socket }: IncomingMessage): Connection | undefined => {
    const guarded: GuardedSocket = socket;
    guarded[CONNECTION] ??= byEnds.get(endsOf(socket));
    return guarded[CONNECTION];
  };
  // Counts every request and every answer, so that the least of all numbers is the longest idle.
  let uses = 0;

  const makeRoom = (): boolean => {
    const victim = findVictim(open, limits);
    if (victim === undefined) return false;
    // Now, since its own event comes after the next connection.
    open.delete(victim);
    victim.socket.destroy();
    return true;
  };

  server.on('connection', (socket: Socket) => {
    if (open.size >= limits.connections && !makeRoom()) {
      socket.destroy();
      return;
    }
    const ends = endsOf(socket);
    const connection: Connection = {
      socket,
      sweeps: 0,
      open: 0,
      requestAt: undefined,
      newest: undefined,
      usedAt: ++uses,
    };
    open.add(connection);
    byEnds.set(ends, connection);
    socket.once('close', () => {
      open.delete(connection);
      if (byEnds.get(ends) === connection) byEnds.delete(ends);
    });
  });

  // One function for all of them, since a closure for each costs more than what it does.
  function onAnswered(this: ServerResponse): void {
    const request = this.req;
    const connection = ofRequest(request);
    if (!connection) return;
    connection.open--;
    // An idle connection keeps nothing of its last request alive.
    if (connection.newest === request && request.complete) connection.newest = undefined;
    connection.usedAt = ++uses;
  }

  // The only listener: for two, Node copies the list with every request.
  const onRequest: RequestListener = (request, response) => {
    const connection = ofRequest(request);
    if (connection) {
      connection.open++;
      connection.newest = request;
      connection.requestAt = Date.now();
      connection.usedAt = ++uses;
      response.on('close', onAnswered);
    }
    app(request, response);
  };
  server.on('request', onRequest);
  // A caller that asks first gets `100 Continue` from the body reader, or a refusal without having sent its body.
  server.on('checkContinue', onRequest);

  // Sweeps are counted instead of milliseconds: after a pause of this process, requests that wait to be read are
  // no fault of their callers.
  const sweep = setInterval(() => {
    for (const connection of open)
      if (connection.requestAt === undefined && ++connection.sweeps > SWEEPS) connection.socket.destroy();
  }, limits.firstRequest / SWEEPS).unref();
  server.once('close', () => clearInterval(sweep));
  return () => open.size;
}
