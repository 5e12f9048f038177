import type { ClientRequestArgs } from 'node:http';
import { Agent, request } from 'node:https';
import { entry, review, type Verdict, verdictOf } from './reviews.ts';

/** The Service's name; the caller checks the certificate against it, as the API server does. */
const SERVER_NAME = 'vmcp-admission.vmcp-admission.svc';
/** What the API server allows for a call of the shipped configurations. */
const CALL_MS = 5_000;

/** A pool over a Service: each new connection goes to one of the replicas that are endpoints at that moment. */
class ServiceAgent extends Agent {
  readonly #endpoints: () => readonly number[];

  constructor(ca: string, endpoints: () => readonly number[]) {
    // Go's client resumes no TLS session here, so every connection is a full handshake.
    super({ keepAlive: true, maxSockets: 64, maxFreeSockets: 25, maxCachedSessions: 0, ca });
    this.#endpoints = endpoints;
  }

  override createConnection(
    options: ClientRequestArgs,
    ...rest: Parameters<Agent['createConnection']> extends [unknown, ...infer Rest] ? Rest : never
  ) {
    const ports = this.#endpoints();
    const port = ports[Math.floor(Math.random() * ports.length)] ?? 1;
    return super.createConnection({ ...options, host: '127.0.0.1', port }, ...rest);
  }
}

/** What came of many calls. */
export interface LoadResult {
  readonly calls: number;
  readonly failed: number;
  /** Why calls failed, and how many of each. */
  readonly reasons: ReadonlyMap<string, number>;
  /** Milliseconds. */
  readonly p99: number;
  readonly max: number;
}

/** How a load runs: calls a second, and when it ends. */
export interface LoadOptions {
  readonly rate: number;
  readonly goOn: (calls: number) => boolean;
  readonly workers?: number;
}

/** Calls reviews as the API server does: pooled keep-alive connections, a new pool for each CA bundle, no retries. */
export class Caller {
  readonly #endpoints: () => readonly number[];
  #agent: ServiceAgent;

  constructor(ca: string, endpoints: () => readonly number[]) {
    this.#endpoints = endpoints;
    this.#agent = new ServiceAgent(ca, endpoints);
  }

  /** A new CA bundle: later calls use new connections; calls that are under way end on the old ones. */
  trust(ca: string): void {
    const before = this.#agent;
    this.#agent = new ServiceAgent(ca, this.#endpoints);
    for (const sockets of Object.values(before.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
  }

  /** One review of an object. Rejects when the call fails in any way. */
  review(object: object, path = '/validate'): Promise<Verdict> {
    const { uid, body } = review(object);
    return this.send(body, path).then((answer) => {
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
      const verdict = verdictOf(answer.body);
      if (verdict.uid !== uid) throw new Error('answered with another uid');
      return verdict;
    });
  }

  /** Sends bytes and resolves to the whole answer. */
  send(
    body: Buffer,
    path = '/validate',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly body: Buffer }> {
    return new Promise((resolve, reject) => {
      const call = request(
        {
          agent: this.#agent,
          host: SERVER_NAME,
          servername: SERVER_NAME,
          method: 'POST',
          path: `${path}?timeout=5s`,
          headers: { 'Content-Type': 'application/json', 'Content-Length': body.length, ...headers },
          signal: AbortSignal.timeout(CALL_MS),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
          );
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }

  /** Calls at a steady rate until `goOn` says no. Never rejects: failures are counted. */
  async load({ rate, goOn, workers = 16 }: LoadOptions): Promise<LoadResult> {
    const good = entry('billing', 'team');
    const bad = entry('loopback', 'team', 'http://localhost/mcp');
    const times: number[] = [];
    const reasons = new Map<string, number>();
    const start = performance.now();
    let next = 0;
    const work = async () => {
      while (goOn(next)) {
        const index = next++;
        const early = start + (index * 1_000) / rate - performance.now();
        if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
        const from = performance.now();
        try {
          const verdict = await this.review(index % 5 === 0 ? bad : good);
          if (verdict.allowed !== (index % 5 !== 0)) throw new Error('the wrong verdict');
        } catch (error) {
          const { code, message } = error as NodeJS.ErrnoException;
          const reason = code ?? message;
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        }
        times.push(performance.now() - from);
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
    times.sort((a, b) => a - b);
    return {
      calls: times.length,
      failed: [...reasons.values()].reduce((sum, count) => sum + count, 0),
      reasons,
      p99: times[Math.floor(times.length * 0.99)] ?? 0,
      max: times.at(-1) ?? 0,
    };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** `0 of 25,000 calls failed (p99 12 ms, max 40 ms)`. */
export function loadText({ calls, failed, reasons, p99, max }: LoadResult): string {
  const why = [...reasons].map(([reason, count]) => `${count} × ${reason}`).join(', ');
  const sum = `${failed} of ${calls.toLocaleString('en')} calls failed`;
  return `${sum}${why ? `: ${why}` : ''} (p99 ${p99.toFixed(0)} ms, slowest ${max.toFixed(0)} ms)`;
}
