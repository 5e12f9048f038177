// The load: a process of its own with 4 keep-alive TLS 1.3 connections. It writes prepared bytes and reads answers by
// their Content-Length, so that it costs little beside the server that is measured.
import { connect, type TLSSocket } from 'node:tls';
import { type LoadResult, loadText, quantile, runLoad } from '../../test/support/load.ts';

/** One run: `count` reviews over all connections, bodies in turn. */
export interface Run {
  readonly port: number;
  readonly ca: string;
  readonly path: string;
  readonly bodies: readonly string[];
  /** Unmeasured requests before; at least one per body, so that every answer is checked. */
  readonly warmup: number;
  readonly count: number;
  /** Reviews per second over all connections; without it each connection sends as soon as it has its answer. */
  readonly rate?: number;
}

/** Latencies in milliseconds; `answers` are the first ones, one per body. */
export interface RunResult {
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly answers: readonly string[];
}

export const CONNECTIONS = 4;
const HEAD_END = Buffer.from('\r\n\r\n');

function openConnection(run: Run): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: run.port,
      ca: run.ca,
      servername: 'localhost',
      minVersion: 'TLSv1.3',
    });
    socket.setNoDelay(true);
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

function requestBytes(run: Run, body: string): Buffer {
  const head = [
    `POST ${run.path}?timeout=10s HTTP/1.1`,
    'Host: vmcp-admission.vmcp-admission.svc:443',
    'User-Agent: kube-apiserver-admission',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Accept: application/json, */*',
    'Content-Type: application/json',
    'Accept-Encoding: gzip',
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Sends one request and resolves to the body of its answer. */
function exchange(socket: TLSSocket, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let seen: Buffer = Buffer.alloc(0);
    let end = -1;
    let bodyFrom = 0;
    const onClose = () => reject(new Error('the server closed the connection'));
    const onData = (chunk: Buffer) => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
      if (end < 0) {
        const headEnd = seen.indexOf(HEAD_END);
        if (headEnd < 0) return;
        const head = seen.toString('latin1', 0, headEnd);
        if (!head.startsWith('HTTP/1.1 200 '))
          return reject(new Error(`answered ${head.split('\r\n', 1)[0]}`));
        bodyFrom = headEnd + HEAD_END.length;
        end = bodyFrom + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
      }
      if (seen.length < end) return;
      socket.off('data', onData).off('close', onClose);
      resolve(seen.subarray(bodyFrom, end));
    };
    socket.on('data', onData).on('close', onClose);
    socket.write(bytes);
  });
}

/** Sends `count` requests over all sockets, in turn; the first answers go into the array. @throws when one fails. */
async function send(
  sockets: readonly TLSSocket[],
  requests: readonly Buffer[],
  { count, rate }: Pick<Run, 'count' | 'rate'>,
  answers: string[],
): Promise<LoadResult> {
  const load = { workers: sockets.length, goOn: (sent: number) => sent < count, ...(rate && { rate }) };
  const result = await runLoad(load, async (index, worker) => {
    const answer = await exchange(sockets[worker] as TLSSocket, requests[index % requests.length] as Buffer);
    if (index < requests.length) answers[index] = answer.toString();
  });
  if (result.failed > 0) throw new Error(loadText(result));
  return result;
}

/** Opens the connections, warms the server up, waits for the word to go, measures. */
async function perform(run: Run, warm: () => Promise<void>): Promise<RunResult> {
  const requests = run.bodies.map((body) => requestBytes(run, body));
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => openConnection(run)));
  const answers: string[] = [];
  await send(sockets, requests, { count: run.warmup }, answers);
  await warm();
  const { seconds, times } = await send(sockets, requests, run, answers);
  for (const socket of sockets) socket.destroy();
  return {
    seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    p999: quantile(times, 0.999),
    answers,
  };
}

let go: () => void = () => {};
const warm = () =>
  new Promise<void>((resolve) => {
    go = resolve;
    process.send?.({ state: 'warm' });
  });
process.on('message', (message: { readonly run: Run } | { readonly go: true }) => {
  if ('go' in message) return go();
  perform(message.run, warm).then(
    (result) => process.send?.({ state: 'done', result }),
    (error: unknown) => process.send?.({ state: 'failed', message: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
