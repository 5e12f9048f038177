import { Command } from 'commander';
import { asApiError, ConnectionError, statusError } from '../../apiClient/errors.ts';
import { kubeConfigSource } from '../../apiClient/kubeconfig.ts';
import { type Send, type SentAnswer, sender } from '../../apiClient/send.ts';
import { VERSION } from '../../version.ts';
import { clusterFlags } from '../input/clusterOptions.ts';
import { CONTEXT_OPTION, KUBECONFIG_OPTION } from '../shared/kubeconfigOptions.ts';
import { EXIT, fail, write } from '../shared/stdio.ts';
import { toObjectName } from './objectNameOption.ts';

const NAME = 'vmcp-admission';
const KINDS = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'] as const;

interface RecoverOptions {
  readonly name: string;
  readonly apply?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** How the deletion of one object ended, in a line. */
interface Deletion {
  readonly ok: boolean;
  readonly line: string;
}

function outcomeOf(what: string, { status, body }: SentAnswer): Deletion {
  if (status === 404) return { ok: true, line: `${what} does not exist` };
  if (status === 200 || status === 202) return { ok: true, line: `${what} deleted` };
  return { ok: false, line: `${what} was not deleted: ${statusError(body, status).message}` };
}

async function deleteOne(send: Send, kind: string, name: string): Promise<Deletion> {
  const what = `${kind}/${name}`;
  try {
    const path = `/apis/admissionregistration.k8s.io/v1/${kind}/${name}`;
    return outcomeOf(what, await send({ method: 'DELETE', path }));
  } catch (error) {
    return { ok: false, line: `${what} was not deleted: ${asApiError(error).message}` };
  }
}

/** Deletes both configurations, the second also when the first cannot be deleted. */
async function deleteBoth(send: Send, name: string): Promise<number> {
  const deletions: Deletion[] = [];
  for (const kind of KINDS) deletions.push(await deleteOne(send, kind, name));
  for (const { ok, line } of deletions) await write(ok ? process.stdout : process.stderr, `${line}\n`);
  return deletions.every(({ ok }) => ok) ? EXIT.clean : EXIT.denied;
}

/** The command that a person can run, for the cluster that was named. */
function deleteCommand({ name, ...options }: RecoverOptions): string {
  return `kubectl delete validatingwebhookconfiguration,mutatingwebhookconfiguration ${name} --ignore-not-found${clusterFlags(options)}\n`;
}

async function runRecover(options: RecoverOptions): Promise<number> {
  const { name, apply, kubeconfig, context } = options;
  if (!apply) {
    await write(process.stdout, deleteCommand(options));
    return EXIT.clean;
  }
  try {
    const connection = await kubeConfigSource(kubeconfig, undefined, context)(true);
    return await deleteBoth(sender(connection, `${NAME}/${VERSION}`), name);
  } catch (error) {
    const message = error instanceof ConnectionError ? error.message : asApiError(error).message;
    return fail([`vmcp-admission doctor recover: ${message}`]);
  }
}

/** `vmcp-admission doctor recover`: lets a cluster go on whose webhook does not answer. */
export function recoverCommand(): Command {
  return new Command('recover')
    .description('print the one command that stops the API server from asking the webhook; --apply runs it')
    .option('--name <name>', 'name of the two webhook configurations', toObjectName, NAME)
    .option('--apply', 'delete the two webhook configurations, and nothing else')
    .option(...KUBECONFIG_OPTION)
    .option(...CONTEXT_OPTION)
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
