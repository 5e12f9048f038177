import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

interface Connection {
  readonly socket: Socket;
  /** Whether it has sent a whole request, and whether the last one is answered. */
  use: 'untried' | 'answering' | 'answered';
}

/** The connections of a server by both their ends; the one whose use changed longest ago first. */
type Connections = Map<string, Connection>;

function endsOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

/** Notes the use of a connection that is still open. */
function note(open: Connections, ends: string, use: Connection['use']): void {
  const connection = open.get(ends);
  if (!connection) return;
  connection.use = use;
  open.delete(ends);
  open.set(ends, connection);
}

/** Closes one connection. It is removed at once, since its close event comes later. */
function makeRoom(open: Connections): void {
  let untried = 0;
  for (const { use } of open.values()) if (use === 'untried') untried++;
  const order = untried > open.size / 2 ? ['untried'] : ['answered', 'untried', 'answering'];
  for (const use of order)
    for (const [ends, connection] of open) {
      if (connection.use !== use) continue;
      open.delete(ends);
      connection.socket.destroy();
      return;
    }
}

/**
 * Passes the requests of a server on to `app` and limits its open connections without shutting out new callers, which
 * `maxConnections` would. It is needed while anyone in the cluster may connect: with `maxConnections`, that many idle
 * connections keep the API server out. At the limit, a new connection takes the place of another one: while more than half
 * have never sent a whole request, the oldest of these; else the one whose last whole request was answered longest ago. So
 * callers that send whole requests keep half of all connections, and one whose request is being answered is closed last.
 */
export function guardConnections(
  server: HttpServer | HttpsServer,
  app: RequestListener,
  limit: number,
): void {
  const open: Connections = new Map();

  server.on('connection', (socket: Socket) => {
    if (open.size >= limit) makeRoom(open);
    // A request has the TLS socket, this event the TCP socket below it: what both have is their ends.
    const ends = endsOf(socket);
    open.set(ends, { socket, use: 'untried' });
    socket.once('close', () => {
      if (open.get(ends)?.socket === socket) open.delete(ends);
    });
  });

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const ends = endsOf(request.socket);
    request.once('end', () => note(open, ends, response.writableEnded ? 'answered' : 'answering'));
    response.once('close', () => {
      if (request.complete) note(open, ends, 'answered');
    });
    app(request, response);
  };
  server.on('request', onRequest);
  // A caller that sends `Expect: 100-continue` gets `100 Continue` from the body reader, or a refusal instead.
  server.on('checkContinue', onRequest);
}
