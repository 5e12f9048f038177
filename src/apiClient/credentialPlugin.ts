import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { KubeConfig } from '@kubernetes/client-node';
import * as z from 'zod';
import { quoted } from '../text/line.ts';
import { ConnectionError } from './errors.ts';

/** The `exec` section of a kubeconfig's user. Source: client-go's credential plugins. */
const execWire = z.object({
  apiVersion: z.string().default('client.authentication.k8s.io/v1'),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
});

/** What the command prints. Source: `ExecCredential` of client.authentication.k8s.io. */
const credentialWire = z.object({
  status: z
    .object({
      expirationTimestamp: z.string().nullish(),
      token: z.string().nullish(),
      clientCertificateData: z.string().nullish(),
      clientKeyData: z.string().nullish(),
    })
    .refine(({ token, clientCertificateData }) => Boolean(token ?? clientCertificateData)),
});

type Credential = z.infer<typeof credentialWire>['status'];

const run = promisify(execFile);
const MAX_OUTPUT = 1024 * 1024;
/** Node's code for more output than that. */
const TOO_MUCH = 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';

/** Why the command gave no credential. Its own output may hold secrets, so it is never quoted. */
function failureOf(command: string, error: unknown, deadlineMs: number): ConnectionError {
  const { code, killed } = error as { readonly code?: unknown; readonly killed?: unknown };
  const plugin = `the credential plugin ${quoted(command)} of the kubeconfig`;
  const remedy = 'run it by hand to see why';
  if (code === 'ENOENT') return new ConnectionError(`${plugin} is not installed; install it or correct PATH`);
  if (typeof code === 'number')
    return new ConnectionError(`${plugin} ended with exit code ${code}; ${remedy}`);
  if (error instanceof z.ZodError || error instanceof SyntaxError || code === TOO_MUCH)
    return new ConnectionError(
      `${plugin} did not print an ExecCredential with a token or a client certificate`,
    );
  if (killed === true)
    return new ConnectionError(`${plugin} did not answer within ${deadlineMs / 1_000} s; ${remedy}`);
  return new ConnectionError(`${plugin} cannot be run${typeof code === 'string' ? ` (${code})` : ''}`);
}

async function askPlugin(exec: z.infer<typeof execWire>, deadlineMs: number): Promise<Credential> {
  const { apiVersion, command, args, env } = exec;
  const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
  const { stdout } = await run(command, args ?? [], {
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT,
    env: {
      ...process.env,
      KUBERNETES_EXEC_INFO: JSON.stringify(info),
      ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
    },
  });
  return credentialWire.parse(JSON.parse(stdout)).status;
}

/** Returns a function that gives the last credential, and runs the plugin for another one when that has expired. */
function remembering(exec: unknown, deadlineMs: number): () => Promise<Credential> {
  const parsed = execWire.safeParse(exec);
  let last: Credential | undefined;
  return async () => {
    if (!parsed.success)
      throw new ConnectionError('the user of the kubeconfig has an exec section without a command');
    const end = last?.expirationTimestamp;
    if (last && (!end || Date.parse(end) > Date.now())) return last;
    try {
      last = await askPlugin(parsed.data, deadlineMs);
      return last;
    } catch (error) {
      throw failureOf(parsed.data.command, error, deadlineMs);
    }
  };
}

const PROVIDER = 'credential-plugin';

/**
 * Runs the commands of users with an `exec` section here, with a deadline. client-node's own runner has none: a plugin
 * that waits for a password or for a server would block the start for ever.
 */
export function useCredentialPlugins(config: KubeConfig, deadlineMs: number): void {
  config.users = config.users.map((user) => {
    if (!user.exec) return user;
    const { exec, ...others } = user;
    return { ...others, authProvider: { name: PROVIDER, config: { ask: remembering(exec, deadlineMs) } } };
  });
  config.addAuthenticator({
    isAuthProvider: (user) => user.authProvider?.name === PROVIDER,
    async applyAuthentication(user, options) {
      const credential: Credential = await user.authProvider.config.ask();
      const { token, clientCertificateData, clientKeyData } = credential;
      if (token) options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
      if (clientCertificateData) options.cert = clientCertificateData;
      if (clientKeyData) options.key = clientKeyData;
    },
  });
}
