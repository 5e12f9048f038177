import type { Server as HttpServer, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

type Connections = Map<string, Socket>;

/** Closes the first connection of the first group that has one. It is removed at once: its close event comes later. */
function closeFirst(...groups: readonly Connections[]): void {
  for (const connections of groups)
    for (const [ends, socket] of connections) {
      connections.delete(ends);
      socket.destroy();
      return;
    }
}

/**
 * Passes the requests of a server on to `app` and limits its open connections without shutting out new callers, which
 * `maxConnections` would. It is needed while anyone in the cluster may connect: with `maxConnections`, 1,024 idle
 * connections keep the API server out. At the limit, a new connection takes the place of another one: while more than half
 * have never sent a whole request, the oldest of these; else the one whose last whole request was answered longest ago. So
 * callers that send whole requests keep half of all connections, and one whose request is being answered is closed last.
 */
export function guardConnections(
  server: HttpServer | HttpsServer,
  app: RequestListener,
  limit: number,
): void {
  // Each group is keyed by both ends of its connections: a request has the TLS socket, `connection` the TCP socket below it.
  const untried: Connections = new Map();
  const answered: Connections = new Map();
  const answering: Connections = new Map();
  const groups = [untried, answered, answering];
  const endsOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;
  const remove = (ends: string, socket: Socket) => {
    for (const group of groups) if (group.get(ends) === socket) group.delete(ends);
  };
  /** Puts a connection that is still open at the end of a group. */
  const move = (ends: string, group: Connections) => {
    const socket = groups.map((each) => each.get(ends)).find((each) => each !== undefined);
    if (!socket) return;
    remove(ends, socket);
    group.set(ends, socket);
  };
  const makeRoom = () => {
    const tried = answered.size + answering.size;
    if (untried.size + tried < limit) return;
    if (untried.size > tried) closeFirst(untried);
    else closeFirst(answered, untried, answering);
  };

  server.on('connection', (socket: Socket) => {
    makeRoom();
    const ends = endsOf(socket);
    untried.set(ends, socket);
    socket.once('close', () => remove(ends, socket));
  });

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const ends = endsOf(request.socket);
    request.once('end', () => move(ends, response.writableEnded ? answered : answering));
    response.once('close', () => {
      if (request.complete) move(ends, answered);
    });
    app(request, response);
  };
  server.on('request', onRequest);
  // A caller that sends `Expect: 100-continue` gets `100 Continue` from the body reader, or a refusal instead.
  server.on('checkContinue', onRequest);
}
