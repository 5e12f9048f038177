import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** Closes the connection that stands first. It is removed at once: its close event comes after the next connection. */
function closeFirst(connections: Map<string, Socket>): void {
  for (const [ends, socket] of connections) {
    connections.delete(ends);
    socket.destroy();
    return;
  }
}

/**
 * Passes the requests of a server on to `app` and limits its open connections without shutting out new callers, which
 * `maxConnections` would. It is needed while anyone in the cluster may connect: with `maxConnections`, 1,024 idle
 * connections keep the API server out. At the limit, a new connection takes the place of another one. It is one of those
 * that never brought a whole request, or one of the others, whichever are more: the one that was opened, or brought its
 * last whole request, longest ago. Callers that send whole requests so keep half of all connections.
 */
export function guardConnections(
  server: HttpServer | HttpsServer,
  app: RequestListener,
  limit: number,
): void {
  // By their ends, the next one to close first. A request has the TLS socket, `connection` the TCP socket below it; both have
  // the same two ends.
  const untried = new Map<string, Socket>();
  const proven = new Map<string, Socket>();
  const endsOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;
  const remove = (ends: string, socket: Socket) => {
    for (const group of [untried, proven]) if (group.get(ends) === socket) group.delete(ends);
  };

  server.on('connection', (socket: Socket) => {
    if (untried.size + proven.size >= limit) closeFirst(untried.size > proven.size ? untried : proven);
    const ends = endsOf(socket);
    untried.set(ends, socket);
    socket.once('close', () => remove(ends, socket));
  });

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const ends = endsOf(request.socket);
    request.once('end', () => {
      const socket = untried.get(ends) ?? proven.get(ends);
      if (!socket) return;
      remove(ends, socket);
      proven.set(ends, socket);
    });
    app(request, response);
  };
  server.on('request', onRequest);
  // A caller that sends `Expect: 100-continue` gets `100 Continue` from the body reader, or a refusal instead.
  server.on('checkContinue', onRequest);
}
