import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeServingCertificate } from '../../test/support/certificates.ts';
import { ProcessScope } from '../../test/support/processes.ts';
import { replicaSettings } from '../../test/support/replica.ts';
import { startWebhook, type WebhookProcess, withoutCluster } from '../../test/support/webhook.ts';
import type { Mutant } from './mutants.ts';
import type { Answer } from './verdict.ts';

/** A running `serve` and a client for it. */
export interface FuzzServer {
  readonly webhook: WebhookProcess;
  send(mutant: Mutant): Promise<Answer>;
  close(): Promise<void>;
}

function send(url: string, agent: Agent, mutant: Mutant): Promise<Answer> {
  const { path, body, method = 'POST', contentType = 'application/json' } = mutant;
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': contentType, 'content-length': body.length };
    const call = request(
      `${url}${path}?timeout=10s`,
      { method, agent, headers, timeout: 60_000 },
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
}

/** Starts `serve` over a catalog of the given objects, as a process of its own. */
export async function startFuzzServer(objects: readonly object[]): Promise<FuzzServer> {
  const scope = await ProcessScope.create('vmcp-admission-fuzz');
  try {
    const manifests = join(scope.dir, 'manifests');
    const certs = join(scope.dir, 'tls');
    await mkdir(manifests);
    const text = objects.map((object) => stringify(object)).join('---\n');
    await writeFile(join(manifests, 'objects.yaml'), text);
    const ca = await writeServingCertificate(certs);
    const environment = { NODE_OPTIONS: replicaSettings().nodeOptions.join(' ') };
    const webhook = await startWebhook({ scope, flags: withoutCluster(certs, manifests), environment });
    await webhook.untilReady();
    const agent = new Agent({ keepAlive: true, ca });
    const close = async () => {
      agent.destroy();
      await scope.close();
    };
    return { webhook, send: (mutant) => send(webhook.url, agent, mutant), close };
  } catch (error) {
    await scope.close();
    throw error;
  }
}
