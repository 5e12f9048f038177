import { existsSync, readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import * as z from 'zod';
import { fileErrorText } from '../text/fileError.ts';
import { quoted } from '../text/line.ts';
import type { Connection, ConnectionSource } from './client.ts';
import { useCredentialPlugins } from './credentialPlugin.ts';
import { ConnectionError } from './errors.ts';

/** Where the kubelet mounts the token of a Pod's ServiceAccount. */
const IN_CLUSTER_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Hosts whose traffic stays on this machine, in the form of `URL.hostname`. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

const usersWire = z.object({
  users: z
    .array(z.object({ name: z.string(), user: z.object({ tokenFile: z.string().optional() }).nullish() }))
    .nullish(),
});

/**
 * Gives the users of a kubeconfig their `tokenFile`, which client-node ignores when it reads a kubeconfig. As kubectl does,
 * the token is read again and again, and preferred to `token`. Paths are relative to the kubeconfig.
 */
function useTokenFiles(config: KubeConfig, file: string): void {
  const parsed = usersWire.safeParse(parse(readFileSync(file, 'utf8')));
  if (!parsed.success) return;
  const files = new Map<string, string>();
  for (const { name, user } of parsed.data.users ?? [])
    if (user?.tokenFile) files.set(name, resolve(dirname(file), user.tokenFile));
  config.users = config.users.map((user) => {
    const tokenFile = files.get(user.name);
    if (tokenFile === undefined) return user;
    const { token: _token, ...others } = user;
    return { ...others, authProvider: { name: 'tokenFile', config: { tokenFile } } };
  });
}

/** How long a credential plugin may take. A sign-in in a browser takes longer: run kubectl once before the start. */
const PLUGIN_DEADLINE_MS = 10_000;

/** True in a Pod with a ServiceAccount. */
export function runsInCluster(): boolean {
  return existsSync(IN_CLUSTER_TOKEN);
}

/** Makes another context of the kubeconfig the current one. */
function useContext(config: KubeConfig, context: string): void {
  const known = config.contexts.map(({ name }) => name);
  if (!known.includes(context))
    throw new ConnectionError(
      `the kubeconfig has no context ${quoted(context)}; it has ${known.map(quoted).join(', ') || 'none'}`,
    );
  config.setCurrentContext(context);
}

function open(file: string | undefined, pluginDeadlineMs: number, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (file !== undefined) {
    config.loadFromFile(file);
    useTokenFiles(config, file);
  } else if (context === undefined && runsInCluster()) config.loadFromCluster();
  else config.loadFromDefault();
  if (context !== undefined) useContext(config, context);
  useCredentialPlugins(config, pluginDeadlineMs);
  return config;
}

function serverOf(config: KubeConfig, file: string | undefined): URL {
  const cluster = config.getCurrentCluster();
  const remedy = file === undefined ? 'name one with --kubeconfig FILE' : 'correct its current-context';
  if (!cluster?.server) throw new ConnectionError(`the kubeconfig has no current cluster; ${remedy}`);
  // client-node's default when it finds neither a kubeconfig nor a ServiceAccount.
  if (file === undefined && cluster.name === 'cluster' && cluster.server === 'http://localhost:8080')
    throw new ConnectionError(
      'no kubeconfig was found, and the process does not run in a Pod; name a kubeconfig with --kubeconfig FILE',
    );
  if (cluster.proxyUrl !== undefined)
    throw new ConnectionError('a kubeconfig with proxy-url is not supported');
  const server = URL.parse(cluster.server);
  if (!server || !['http:', 'https:'].includes(server.protocol))
    throw new ConnectionError('the server of the kubeconfig is not an http or https URL');
  if (server.protocol === 'http:' && !LOOPBACK.test(server.hostname))
    throw new ConnectionError(
      `the server of the kubeconfig is ${server.origin}, and plain http would send credentials in clear over the network; use its https address, or kubectl proxy on this machine (http://127.0.0.1:8001)`,
    );
  return server;
}

/** The credentials of the current user, as kubectl would send them to the server. */
async function optionsOf(config: KubeConfig, server: URL): Promise<RequestOptions> {
  // client-node accepts an http server only when the cluster sets insecure-skip-tls-verify; kubectl accepts it always.
  if (server.protocol === 'http:')
    config.clusters = config.clusters.map((cluster) =>
      cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
    );
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return options;
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  // A token file may end in a newline, which is not allowed in a header.
  for (const [name, value] of Object.entries(options.headers ?? {}))
    if (value !== undefined) headers[name] = String(value).trim();
  if (options.auth) headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  return headers;
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): Connection['tls'] {
  return { ca, cert, key, servername, rejectUnauthorized };
}

/** What to do about a kubeconfig that cannot be used. The messages of the library are not shown, as they may quote the file. */
function reasonOf(error: unknown, file: string | undefined): string {
  if (error instanceof ConnectionError) return error.message;
  const { code, path } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined)
    return `${quoted(path)}: ${fileErrorText(error)}; it is the kubeconfig, or a file that the kubeconfig names`;
  const name = file === undefined ? '' : ` ${quoted(file)}`;
  return `the kubeconfig${name} cannot be used: it, or a file that it names, has another form than kubectl expects; "kubectl config view" says what is wrong with it`;
}

/**
 * Credentials as kubectl finds them: the given kubeconfig, else those of the Pod's ServiceAccount, else the default
 * rules. `context` names another context than the current one of a kubeconfig. Token files are read again by client-node
 * once a minute; credential plugins run again when their answer has expired.
 */
export function kubeConfigSource(
  file: string | undefined,
  pluginDeadlineMs: number = PLUGIN_DEADLINE_MS,
  context?: string,
): ConnectionSource {
  let config: KubeConfig | undefined;
  return async (fresh) => {
    try {
      if (fresh || !config) config = open(file, pluginDeadlineMs, context);
      const server = serverOf(config, file);
      const options = await optionsOf(config, server);
      const namespace = config.getContextObject(config.getCurrentContext())?.namespace;
      return {
        server,
        headers: headersOf(options),
        tls: server.protocol === 'http:' ? {} : tlsOf(options),
        ...(namespace && { namespace }),
      };
    } catch (error) {
      throw new ConnectionError(reasonOf(error, file));
    }
  };
}
