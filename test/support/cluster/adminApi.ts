import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';
import type { ControlPlane } from './controlPlane.ts';

/** An answer of the API server. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
  /** The texts of its Warning headers, in their order. */
  readonly warnings: readonly string[];
}

/** The texts of Warning headers such as `299 - "a text"`. */
function warningTexts(headers: readonly string[]): readonly string[] {
  return headers.map((header) => header.replace(/^299 \S+ "(.*)"$/s, '$1').replace(/\\(.)/gs, '$1'));
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

  static of({ ca, url }: Pick<ControlPlane, 'ca' | 'url'>): AdminApi {
    return new AdminApi(ca, () => url);
  }

  /** As {@link of}, for who has only the admin's kubeconfig. */
  static async ofKubeconfig(file: string): Promise<AdminApi> {
    const { server, 'certificate-authority-data': ca } = parse(await readFile(file, 'utf8')).clusters[0]
      .cluster as { readonly server: string; readonly 'certificate-authority-data': string };
    return AdminApi.of({ url: server, ca: Buffer.from(ca, 'base64').toString() });
  }

  /** Sends one request and resolves to its answer, whatever its status. Rejects when there is none. */
  call(method: string, path: string, body?: object, type = 'application/json'): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const call = request(
        new URL(path, this.#url()),
        {
          agent: this.#agent,
          method,
          headers: { Authorization: 'Bearer admin', 'Content-Type': type },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body: text,
              warnings: warningTexts(response.headersDistinct.warning ?? []),
            }),
          );
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
