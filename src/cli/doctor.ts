import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Command } from 'commander';
import type { Connection } from '../catalog/kubernetes/client.ts';
import {
  asApiError,
  ConnectionError,
  networkError,
  statusError,
  timedOut,
} from '../catalog/kubernetes/errors.ts';
import { kubeConfigSource } from '../catalog/kubernetes/kubeconfig.ts';
import { VERSION } from '../version.ts';
import { EXIT, fail, write } from './stdio.ts';

const NAME = 'vmcp-admission';
/** How an object of the API server can be named. */
const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
const KINDS = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'] as const;
const DEADLINE_MS = 10_000;
/** An answer is read up to here, in bytes: enough for a `metav1.Status`. */
const MAX_ANSWER_BYTES = 64 * 1_024;

interface RecoverOptions {
  readonly name: string;
  readonly apply?: boolean;
  readonly kubeconfig?: string;
}

/** The answer to a DELETE: its HTTP status and the start of its body. */
interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends one DELETE. The webhook itself never writes, so its client has no method for this. */
function sendDelete(connection: Connection, path: string): Promise<Answer> {
  const { server, headers, tls } = connection;
  const send = server.protocol === 'http:' ? httpRequest : httpsRequest;
  const options: RequestOptions = {
    ...tls,
    method: 'DELETE',
    headers: { ...headers, Accept: 'application/json', 'User-Agent': `${NAME}/${VERSION}` },
    signal: AbortSignal.timeout(DEADLINE_MS),
  };
  return new Promise((resolve, reject) => {
    const request = send(new URL(server.pathname.replace(/\/+$/, '') + path, server), options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        if (body.length < MAX_ANSWER_BYTES) body += chunk;
      });
      response.once('error', reject).once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.once('error', reject).end();
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** How the deletion of one object ended, in a line. */
interface Deletion {
  readonly ok: boolean;
  readonly line: string;
}

function outcomeOf(what: string, { status, body }: Answer): Deletion {
  if (status === 404) return { ok: true, line: `${what} does not exist` };
  if (status === 200 || status === 202) return { ok: true, line: `${what} deleted` };
  return { ok: false, line: `${what} was not deleted: ${statusError(parsed(body), status).message}` };
}

async function deleteOne(connection: Connection, kind: string, name: string): Promise<Deletion> {
  const what = `${kind}/${name}`;
  try {
    const path = `/apis/admissionregistration.k8s.io/v1/${kind}/${name}`;
    return outcomeOf(what, await sendDelete(connection, path));
  } catch (error) {
    const late = error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name);
    const { message } = late ? timedOut(DEADLINE_MS) : asApiError(networkError(error));
    return { ok: false, line: `${what} was not deleted: ${message}` };
  }
}

/** Deletes both configurations, the second also when the first cannot be deleted. */
async function deleteBoth(connection: Connection, name: string): Promise<number> {
  const deletions: Deletion[] = [];
  for (const kind of KINDS) deletions.push(await deleteOne(connection, kind, name));
  for (const { ok, line } of deletions) await write(ok ? process.stdout : process.stderr, `${line}\n`);
  return deletions.every(({ ok }) => ok) ? EXIT.clean : EXIT.denied;
}

async function runRecover({ name, apply, kubeconfig }: RecoverOptions): Promise<number> {
  if (!OBJECT_NAME.test(name))
    return fail([
      `vmcp-admission doctor recover: --name must be the name of the configurations, not "${name}"`,
    ]);
  if (!apply) {
    await write(
      process.stdout,
      `kubectl delete validatingwebhookconfiguration,mutatingwebhookconfiguration ${name} --ignore-not-found\n`,
    );
    return EXIT.clean;
  }
  try {
    return await deleteBoth(await kubeConfigSource(kubeconfig)(true), name);
  } catch (error) {
    const message = error instanceof ConnectionError ? error.message : asApiError(error).message;
    return fail([`vmcp-admission doctor recover: ${message}`]);
  }
}

/** `vmcp-admission doctor recover`: lets a cluster go on whose webhook does not answer. */
function recoverCommand(): Command {
  return new Command('recover')
    .description('print the one command that stops the API server from asking the webhook; --apply runs it')
    .option('--name <name>', 'name of the two webhook configurations', NAME)
    .option('--apply', 'delete the two webhook configurations, and nothing else')
    .option(
      '--kubeconfig <file>',
      "kubeconfig of the cluster; default: the Pod's own service account, else the usual one",
    )
    .addHelpText(
      'after',
      `
Until the configurations are applied again, every object passes unchecked and vMCP Pods start without injection.
Exit codes: 0 done; 1 a configuration could not be deleted; 2 wrong usage, or the cluster cannot be reached at all.`,
    )
    .action(async (options: RecoverOptions) => {
      process.exitCode = await runRecover(options);
    });
}

/** `vmcp-admission doctor`: help for an installation that does not work. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('help for an installation that does not work')
    .addCommand(recoverCommand());
}
