import { mkdtemp, rm } from 'node:fs/promises';
import { type Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { allowed } from '../../../src/admission/outcome.ts';
import type { Reviewer } from '../../../src/admission/reviewer.ts';
import { makeWebhooks, type Serving, type WebhookOptions } from '../../../src/server/server.ts';
import type { PemPair } from '../../../src/x509/generate.ts';
import { recordedLog, reviewOf } from './support.ts';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vmcp-admission-tls-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

type RunOptions = Partial<WebhookOptions & Pick<Serving, 'clientCa' | 'authenticators'>> & {
  readonly validate?: Reviewer;
};

/** The real servers on free ports of 127.0.0.1, and their start. */
export function startWebhooks(certFolder: string, options: RunOptions = {}) {
  const { validate = async () => allowed(), clientCa, authenticators = [], ...rest } = options;
  const recorded = recordedLog();
  const webhooks = makeWebhooks({
    version: '0.0.0',
    certFolder,
    reviews: { host: '127.0.0.1', port: 0 },
    health: { host: '127.0.0.1', port: 0 },
    log: recorded.log,
    now: () => new Date(),
    drain: 0,
    closeDeadline: 0,
    poll: 20,
    ...rest,
  });
  const started = webhooks.start({
    reviewers: { validate, mutate: async () => allowed() },
    checks: [],
    clientCa,
    authenticators,
  });
  onTestFinished(() => webhooks.stop());
  return { webhooks, started, ...recorded };
}

/** The real servers, listening. */
export async function runWebhooks(certFolder: string, options: RunOptions = {}) {
  const { webhooks, started, ...recorded } = startWebhooks(certFolder, options);
  const addresses = await started;
  const health = (path: string) => fetch(`http://127.0.0.1:${addresses.health.port}${path}`);
  return { webhooks, port: addresses.reviews.port, healthPort: addresses.health.port, health, ...recorded };
}

export interface Called {
  readonly code: number;
  readonly body: string;
  readonly connection: string | undefined;
  /** The common name of the server's certificate. */
  readonly server: string;
}

export interface CallOptions {
  readonly agent?: Agent | false;
  readonly client?: PemPair;
  readonly body?: string;
  readonly path?: string;
}

/** Sends one review over TLS, trusting the given authority only. */
export function call(
  port: number,
  ca: { readonly cert: string },
  options: CallOptions = {},
): Promise<Called> {
  return new Promise((resolve, reject) => {
    let server = '';
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path: options.path ?? '/validate',
        method: 'POST',
        agent: options.agent ?? false,
        ca: ca.cert,
        ...(options.client && { cert: options.client.cert, key: options.client.key }),
        headers: { 'Content-Type': 'application/json' },
      },
      (response) => {
        buffer(response)
          .then((body) =>
            resolve({
              code: response.statusCode ?? 0,
              body: body.toString(),
              connection: response.headers.connection,
              server,
            }),
          )
          .catch(reject);
      },
    );
    sent.on('socket', (socket) => {
      const note = () => {
        const name = (socket as import('node:tls').TLSSocket).getPeerCertificate().subject?.CN;
        server = String(name);
      };
      if ((socket as import('node:tls').TLSSocket).authorized) note();
      else socket.once('secureConnect', note);
    });
    sent.on('error', reject);
    sent.end(options.body ?? JSON.stringify(reviewOf()));
  });
}
