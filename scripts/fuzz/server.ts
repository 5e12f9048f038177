import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeServingCertificate } from '../../test/support/certificates.ts';
import { ProcessScope, type ServerProcess } from '../../test/support/processes.ts';
import { freePort, until } from '../../test/support/wait.ts';
import type { Answer } from './verdict.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** What is unusual about the HTTP request of a mutant. */
export interface HowSent {
  readonly method?: string;
  readonly contentType?: string;
}

/** A running `serve` and a client for it. */
export interface FuzzServer {
  readonly process: ServerProcess;
  send(path: string, body: Buffer, how?: HowSent): Promise<Answer>;
  /** Resident memory of the server in MiB, as its metrics say. */
  memory(): Promise<number>;
  close(): Promise<void>;
}

/** Starts `serve` over a catalog of the given objects, as a process of its own. */
export async function startFuzzServer(objects: readonly object[], connections: number): Promise<FuzzServer> {
  const scope = await ProcessScope.create('vmcp-admission-fuzz');
  try {
    const manifests = join(scope.dir, 'manifests');
    const certs = join(scope.dir, 'tls');
    await mkdir(manifests);
    await writeFile(
      join(manifests, 'objects.yaml'),
      objects.map((object) => stringify(object)).join('---\n'),
    );
    const ca = await writeServingCertificate(certs);
    const [port, healthPort] = [await freePort(), await freePort()];
    const server = scope.start('webhook', process.execPath, [
      ...[MAIN, 'serve', '--catalog', 'manifests', '--manifests', manifests, '--cert-dir', certs],
      ...[
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        '--health-port',
        String(healthPort),
        '--log-level',
        'error',
      ],
    ]);
    const health = `http://127.0.0.1:${healthPort}`;
    await until(
      'the webhook is ready',
      async () => {
        if (server.hasExited()) throw new Error(`the webhook ended: ${server.log().slice(-3_000)}`);
        return (await fetch(`${health}/readyz`).catch(() => undefined))?.ok ? true : undefined;
      },
      { describe: () => server.log().slice(-3_000) },
    );
    const agent = new Agent({ keepAlive: true, maxSockets: connections, ca });
    const send = (path: string, body: Buffer, how: HowSent = {}): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const headers = {
          'content-type': how.contentType ?? 'application/json',
          'content-length': body.length,
        };
        const call = request(
          {
            host: '127.0.0.1',
            port,
            path: `${path}?timeout=10s`,
            method: how.method ?? 'POST',
            agent,
            headers,
            timeout: 60_000,
          },
          (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (chunk: string) => {
              text += chunk;
            });
            response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
            response.once('error', reject);
          },
        );
        call.once('timeout', () => call.destroy(new Error('no answer within 60 s')));
        call.once('error', reject);
        call.end(body);
      });
    const memory = async () => {
      const metrics = await (await fetch(`${health}/metrics`)).text();
      return Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1] ?? Number.NaN) / 1_048_576;
    };
    const close = async () => {
      agent.destroy();
      await scope.close();
    };
    return { process: server, send, memory, close };
  } catch (error) {
    await scope.close();
    throw error;
  }
}
