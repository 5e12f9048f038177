import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
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
  /** The place of its last use in the order of all uses. */
  usedAt: number;
}

/** How many connections, and how long one may be open without a request. */
export interface ConnectionLimits {
  readonly connections: number;
  readonly firstRequest: number;
  readonly busyConnection: number;
}

/** How often a connection is looked at before it is closed for want of a request. */
const SWEEPS = 10;

const DEFAULTS: ConnectionLimits = {
  connections: LIMITS.connections,
  firstRequest: TIMING.firstRequest,
  busyConnection: LIMITS.busyConnection,
};

/** Of all connections, how many may be such that have sent no request yet when room is needed. */
const WAITING_SHARE = 0.75;

/**
 * Bounds the connections of a server without shutting out new callers: at the limit the one that has been idle
 * longest makes room, else the oldest whose request has taken long. A connection that never sends a request, or
 * never finishes its handshake, is closed. Returns how many are open.
 */
export function guardConnections(server: Server, limits: Partial<ConnectionLimits> = {}): () => number {
  const { connections, firstRequest, busyConnection } = { ...DEFAULTS, ...limits };
  const open = new Set<Connection>();
  // Those that have sent no request yet, the oldest first.
  const waiting = new Set<Connection>();
  // A request knows only its TLS socket; before its first one, the ends of the connection lead from there to the raw one.
  const byEnds = new Map<string, Connection>();
  const byTlsSocket = new WeakMap<Socket, Connection>();
  const endsOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;
  const ofRequest = ({ socket }: IncomingMessage): Connection | undefined => {
    const known = byTlsSocket.get(socket);
    if (known) return known;
    const connection = byEnds.get(endsOf(socket));
    if (connection) byTlsSocket.set(socket, connection);
    return connection;
  };
  // Counts every request and every answer, so that the least of all numbers is the longest idle.
  let uses = 0;

  const makeRoom = (): boolean => {
    const long = Date.now() - busyConnection;
    let idle: Connection | undefined;
    let busy: Connection | undefined;
    for (const connection of open) {
      if (connection.open === 0) {
        if (idle === undefined || connection.usedAt < idle.usedAt) idle = connection;
      } else if ((connection.requestAt ?? 0) < long) {
        if (busy === undefined || connection.usedAt < busy.usedAt) busy = connection;
      }
    }
    // Whoever has sent a request before is not crowded out by those who only connect: a share is kept for them.
    const [first] = waiting.size >= connections * WAITING_SHARE ? waiting : [];
    const victim = first ?? idle ?? busy;
    if (victim) waiting.delete(victim);
    victim?.socket.destroy();
    return victim !== undefined;
  };

  server.on('connection', (socket: Socket) => {
    if (open.size >= connections && !makeRoom()) {
      socket.destroy();
      return;
    }
    const ends = endsOf(socket);
    const connection: Connection = { socket, sweeps: 0, open: 0, requestAt: undefined, usedAt: ++uses };
    open.add(connection);
    waiting.add(connection);
    byEnds.set(ends, connection);
    socket.once('close', () => {
      waiting.delete(connection);
      open.delete(connection);
      if (byEnds.get(ends) === connection) byEnds.delete(ends);
    });
  });

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const connection = ofRequest(request);
    if (!connection) return;
    connection.open++;
    waiting.delete(connection);
    connection.requestAt = Date.now();
    connection.usedAt = ++uses;
    response.once('close', () => {
      connection.open--;
      connection.usedAt = ++uses;
    });
  };
  server.prependListener('request', onRequest);
  server.prependListener('checkContinue', onRequest);

  // Sweeps are counted instead of milliseconds: after a pause of this process, requests that wait to be read are
  // no fault of their callers.
  const sweep = setInterval(() => {
    for (const connection of open)
      if (connection.requestAt === undefined && ++connection.sweeps > SWEEPS) connection.socket.destroy();
  }, firstRequest / SWEEPS).unref();
  server.once('close', () => clearInterval(sweep));
  return () => open.size;
}
