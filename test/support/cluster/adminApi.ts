import { Agent, request } from 'node:https';
import type { ControlPlane } from './controlPlane.ts';

/** An answer of the API server. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** The cluster admin's requests, over kept connections: hundreds a second, which kubectl cannot do. */
export class AdminApi {
  readonly #agent: Agent;
  readonly #url: () => string;

  /** `url` is asked for each request, as a restarted API server has another port. */
  constructor(ca: string, url: () => string) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: 8, ca });
    this.#url = url;
  }

  static of({ ca, url }: ControlPlane): AdminApi {
    return new AdminApi(ca, () => url);
  }

  /** Sends one request and resolves to its answer, whatever its status. Rejects when there is none. */
  call(method: string, path: string, body?: object): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const call = request(
        new URL(path, this.#url()),
        {
          agent: this.#agent,
          method,
          headers: { Authorization: 'Bearer admin', 'Content-Type': 'application/json' },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('error', reject);
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
        },
      );
      call.on('error', reject);
      call.end(body && JSON.stringify(body));
    });
  }

  /** An object, or undefined when it is not there. @throws for any other answer. */
  async get<T>(path: string): Promise<T | undefined> {
    const { status, body } = await this.call('GET', path);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`GET ${path}: ${status}`);
    return JSON.parse(body) as T;
  }

  close(): void {
    this.#agent.destroy();
  }
}
