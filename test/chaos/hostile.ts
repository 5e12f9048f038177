import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { entry, review } from './reviews.ts';

/** Something that callers do to the server, until the signal. */
export interface Attack {
  readonly what: string;
  run(port: number, signal: AbortSignal): Promise<void>;
  /** Metrics whose sum, taken while it goes on, belongs into the table. */
  readonly counted?: string;
  readonly countedAs?: string;
}

const MIB = 1_048_576;
const HEAD = 'POST /validate?timeout=5s HTTP/1.1\r\nHost: vmcp-admission.vmcp-admission.svc\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Keeps so many connections at it at a time; one that ends is made again, 20 ms later. */
function crowd(count: number, misbehave: (port: number, signal: AbortSignal) => Socket): Attack['run'] {
  return async (port, signal) => {
    const one = async () => {
      while (!signal.aborted) {
        const socket = misbehave(port, signal);
        const over = ended(socket);
        await Promise.race([over, untilAborted(signal)]);
        socket.destroy();
        await delay(20);
      }
    };
    await Promise.all(Array.from({ length: count }, one));
  };
}

function tls(port: number, onOpen: (socket: Socket) => void): Socket {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => onOpen(socket));
  socket.resume();
  return socket;
}

/** Writes a byte now and then. */
function drip(socket: Socket, text: string, everyMs: number): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text.charAt(at++ % text.length)), everyMs);
  socket.on('close', () => clearInterval(timer));
}

/** A body of 7 MiB that is a review: one long string in the object's annotations. */
function largeReview(): Buffer {
  const note = 'x'.repeat(7 * MIB - 4_096);
  const object = {
    ...entry('large', 'team'),
    metadata: { name: 'large', namespace: 'apps', annotations: { note } },
  };
  return review(object).body;
}

const LARGE = largeReview();

export const ATTACKS: readonly Attack[] = [
  {
    what: '500 connections that send a header byte a second',
    run: crowd(500, (port) =>
      tls(port, (socket) => {
        socket.write(HEAD);
        drip(socket, 'X-Slow: a\r\n', 1_000);
      }),
    ),
  },
  {
    what: '500 connections that send a body byte a second',
    run: crowd(500, (port) =>
      tls(port, (socket) => {
        socket.write(`${HEAD}${JSON_TYPE}Content-Length: 100000\r\n\r\n`);
        drip(socket, ' ', 1_000);
      }),
    ),
  },
  {
    // More than the server's limit of connections, and with all the time that a caller may ask for.
    what: '1,300 connections that send a body byte a second',
    run: crowd(1_300, (port) =>
      tls(port, (socket) => {
        socket.write(
          `${HEAD.replace('timeout=5s', 'timeout=30s')}${JSON_TYPE}Content-Length: 100000\r\n\r\n`,
        );
        drip(socket, ' ', 1_000);
      }),
    ),
  },
  { what: '3,000 idle TLS connections', run: crowd(3_000, (port) => tls(port, () => {})) },
  {
    what: '3,000 TCP connections that say nothing',
    run: crowd(3_000, (port) => connectTcp(port, '127.0.0.1')),
  },
  {
    what: '200 callers that send reviews of 7 MiB in parallel, without end',
    run: crowd(200, (port) =>
      tls(port, (socket) => {
        socket.on('data', () => socket.end());
        socket.write(`${HEAD}${JSON_TYPE}Content-Length: ${LARGE.length}\r\n\r\n`);
        socket.write(LARGE);
      }),
    ),
    counted: 'vmcp_admission_refused_requests_total{webhook="validate",code="429"}',
    countedAs: 'refused with 429',
  },
  {
    what: '50 connections that send garbage for TLS',
    run: crowd(50, (port) => {
      const socket = connectTcp(port, '127.0.0.1', () => socket.write(Buffer.alloc(4_096, 0x16)));
      return socket.resume();
    }),
    counted: 'vmcp_admission_tls_errors_total',
    countedAs: 'TLS errors so far',
  },
  {
    what: '50 connections that speak plain HTTP',
    run: crowd(50, (port) => {
      const socket = connectTcp(port, '127.0.0.1', () => socket.write(`${HEAD}\r\n`));
      return socket.resume();
    }),
  },
  {
    what: '50 callers that go away in the middle of the body',
    run: crowd(50, (port) =>
      tls(port, (socket) => {
        socket.write(`${HEAD}${JSON_TYPE}Content-Length: 100000\r\n\r\n{"kind":`, () => socket.destroy());
      }),
    ),
  },
  {
    what: '20 callers that pipeline 100 reviews and read no answer',
    run: crowd(20, (port) =>
      tls(port, (socket) => {
        socket.pause();
        const { body } = review(entry('pipelined', 'team'));
        const one = Buffer.concat([
          Buffer.from(`${HEAD}${JSON_TYPE}Content-Length: ${body.length}\r\n\r\n`),
          body,
        ]);
        socket.write(Buffer.concat(Array.from({ length: 100 }, () => one)));
        // A paused socket keeps no process alive; this timer does.
        setTimeout(() => socket.destroy(), 1_000);
      }),
    ),
  },
];
