import type { ClientRequestArgs } from 'node:http';
import { Agent, request } from 'node:https';
import { type LoadOptions, type LoadResult, runLoad } from '../support/load.ts';
import type { Reviewed } from '../support/reviews.ts';
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
  review(object: Reviewed, path = '/validate'): Promise<Verdict> {
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
  load(options: LoadOptions): Promise<LoadResult> {
    const good = entry('billing', 'team');
    const bad = entry('loopback', 'team', 'http://localhost/mcp');
    return runLoad(options, async (index) => {
      const verdict = await this.review(index % 5 === 0 ? bad : good);
      if (verdict.allowed !== (index % 5 !== 0)) throw new Error('the wrong verdict');
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
