import { isIP } from 'node:net';
import * as z from 'zod';
import { isDnsLabel } from './kubernetes/objectNames.ts';
import { TIMING } from './server/limits.ts';
import { LOG_LEVELS } from './server/log.ts';
import { parseDuration } from './text/goDuration.ts';
import { parseToolhiveVersion, TOOLHIVE_VERSION_FORM } from './toolhive/versions.ts';

function oneOf<const T extends readonly string[]>(choices: T) {
  return z.enum(choices, { error: `must be one of ${choices.join(', ')}` });
}

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port number from 0 (any free one) to 65535');

const path = z.string().min(1, 'must be a path');

const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms <= 10 * 60_000) return ms;
  context.addIssue({ code: 'custom', message: 'must be a duration of at most 10m, e.g. 10s' });
  return z.NEVER;
});

/** Names between commas, each once. */
const names = z.string().transform((text) => [
  ...new Set(
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
]);

const audience = z
  .string()
  .regex(/^\S{1,256}$/, 'must be an audience: at most 256 characters without blanks');

const namespaces = names.refine(
  (all) => all.every(isDnsLabel),
  'must be a comma-separated list of namespace names',
);

const toolhiveVersion = z.string().transform((text, context) => {
  const version = parseToolhiveVersion(text);
  if (version !== undefined) return version;
  context.addIssue({ code: 'custom', message: TOOLHIVE_VERSION_FORM });
  return z.NEVER;
});

/** A switch: the bare flag is `true`. */
const flag = oneOf(['true', 'false']).transform((text) => text === 'true');

const host = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || /^[A-Za-z0-9.-]{1,253}$/.test(text),
    'must be an address or a host name',
  );

/** Every setting of `serve`: its flag is the key in kebab case, its environment variable the same in upper case. */
export const SETTINGS = {
  catalog: {
    schema: oneOf(['kubernetes', 'manifests']).default('kubernetes'),
    value: '<SOURCE>',
    help: 'where the ToolHive objects come from: kubernetes (the cluster) or manifests (a folder)',
  },
  kubeconfig: {
    schema: path.optional(),
    value: '<FILE>',
    help: "kubeconfig of the cluster; default: the Pod's own service account, else the usual kubeconfig",
  },
  manifests: {
    schema: path.optional(),
    value: '<DIR>',
    help: 'folder of YAML files, with --catalog manifests',
  },
  namespaces: {
    schema: namespaces.default([]),
    value: '<NAMES>',
    help: 'comma-separated namespaces to read, with --catalog kubernetes; default: all',
  },
  readSecrets: {
    schema: flag.default(false),
    value: '[true|false]',
    help: 'also look whether Secrets exist and can be used; needs the right to get them',
  },
  toolhiveVersion: {
    schema: toolhiveVersion.optional(),
    value: '<VERSION>',
    help: 'release of ToolHive in the cluster, e.g. v0.47.0; default: unknown, which warns of what some releases ignore',
  },
  unknownGroup: {
    schema: oneOf(['refuse', 'allow']).default('refuse'),
    value: '<refuse|allow>',
    help: 'what becomes of a self-managed Pod whose group does not exist (default refuse)',
  },
  unusableConfig: {
    schema: oneOf(['refuse', 'allow']).default('allow'),
    value: '<refuse|allow>',
    help: 'what becomes of a Pod whose base config cannot be used (default allow, as it is)',
  },
  failingConfig: {
    schema: oneOf(['refuse', 'allow']).default('allow'),
    value: '<refuse|allow>',
    help: 'what becomes of a Pod whose vMCP would end at start because of its config (default allow)',
  },
  policy: {
    schema: path.optional(),
    value: '<FILE>',
    help: 'levels of rules and other settings of validation, as for check',
  },
  storedFindings: {
    schema: oneOf(['off', 'metrics', 'serve']).default('off'),
    value: '<off|metrics|serve>',
    help: 'judge what is stored: metrics and a log line an hour; serve: also /findings on the health port (default off)',
  },
  watchPods: {
    schema: flag.default(false),
    value: '[true|false]',
    help: 'look once a minute which vMCP Pods keep an old configuration; needs the right to list Pods',
  },
  certDir: {
    schema: path,
    value: '<DIR>',
    help: 'folder with tls.crt and tls.key; read again whenever they change',
  },
  host: { schema: host.optional(), value: '<ADDRESS>', help: 'address to listen on; default: all' },
  port: { schema: port.default(8443), value: '<PORT>', help: 'port for reviews over HTTPS (default 8443)' },
  healthPort: {
    schema: port.default(8081),
    value: '<PORT>',
    help: 'port for /livez, /readyz and /metrics over HTTP (default 8081)',
  },
  logLevel: {
    schema: oneOf(LOG_LEVELS).default('info'),
    value: '<LEVEL>',
    help: `${LOG_LEVELS.join(', ')} (default info); SIGUSR2 switches debug on and off`,
  },
  shutdownDelay: {
    schema: duration.default(TIMING.drain),
    value: '<DURATION>',
    help: 'how long to serve on after SIGTERM while callers move away (default 10s)',
  },
  clientCaFile: {
    schema: path.optional(),
    value: '<FILE>',
    help: 'PEM file; only callers with a certificate from these authorities may call',
  },
  clientAllowedNames: {
    schema: names.default([]),
    value: '<NAMES>',
    help: 'comma-separated common names of the callers that may call, with --client-ca-file',
  },
  clientTokenAudience: {
    schema: audience.optional(),
    value: '<AUDIENCE>',
    help: 'only callers with a ServiceAccount token for this audience may call, with --client-token-subjects',
  },
  clientTokenSubjects: {
    schema: names.default([]),
    value: '<NAMES>',
    help: 'comma-separated subjects of those tokens, e.g. system:serviceaccount:kube-system:webhook-caller',
  },
} as const satisfies Record<
  string,
  { readonly schema: z.ZodType; readonly value: string; readonly help: string }
>;

/** The headings in the help of `serve`, by the first setting below each. */
export const HEADINGS: { readonly [Key in keyof typeof SETTINGS]?: string } = {
  catalog: 'Catalog:',
  unknownGroup: 'Decisions:',
  storedFindings: 'Stored objects and running Pods:',
  certDir: 'Server:',
  clientCaFile: 'Callers:',
};
