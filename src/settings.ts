import { isIP } from 'node:net';
import * as z from 'zod';
import { parseDuration } from './server/deadline.ts';
import { LOG_LEVELS } from './server/log.ts';
import { TIMING } from './server/timing.ts';

const PREFIX = 'VMCP_ADMISSION_';

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

const names = z.string().transform((text) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
);

/** A switch: the bare flag is `true`. */
const flag = oneOf(['true', 'false']).transform((text) => text === 'true');

const host = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || /^[A-Za-z0-9.-]{1,253}$/.test(text),
    'must be an address or a host name',
  );

/** Every setting of `serve`: its flag is the key in kebab case, its environment variable the same in upper case. */
const SETTINGS = {
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
    schema: names.default([]),
    value: '<NAMES>',
    help: 'comma-separated namespaces to read, with --catalog kubernetes; default: all',
  },
  readSecrets: {
    schema: flag.default(false),
    value: '[true|false]',
    help: 'also look whether Secrets exist and can be used; needs the right to get them',
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
  policy: {
    schema: path.optional(),
    value: '<FILE>',
    help: 'levels of rules and other settings of validation, as for check',
  },
  certDir: {
    schema: path,
    value: '<DIR>',
    help: 'folder with tls.crt and tls.key; read again whenever they change',
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
} as const satisfies Record<
  string,
  { readonly schema: z.ZodType; readonly value: string; readonly help: string }
>;

type Key = keyof typeof SETTINGS;
type Shape = { [K in Key]: (typeof SETTINGS)[K]['schema'] };
const KEYS = Object.keys(SETTINGS) as readonly Key[];

const schema = z
  .object(Object.fromEntries(KEYS.map((key) => [key, SETTINGS[key].schema])) as Shape)
  .superRefine((settings, context) => {
    const problem = (key: Key, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (settings.catalog === 'manifests' && settings.manifests === undefined)
      problem('manifests', 'is needed with --catalog manifests: the folder to read');
    if (settings.catalog === 'kubernetes' && settings.manifests !== undefined)
      problem('manifests', 'is only read with --catalog manifests');
    if (settings.catalog === 'manifests' && settings.namespaces.length > 0)
      problem('namespaces', 'has no effect with --catalog manifests; remove it');
    for (const name of settings.namespaces)
      if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
        problem('namespaces', 'must be names of namespaces');
    if (settings.clientAllowedNames.length > 0 && settings.clientCaFile === undefined)
      problem('clientAllowedNames', 'needs --client-ca-file, or names could not be trusted');
    if (settings.port !== 0 && settings.port === settings.healthPort)
      problem('healthPort', 'must differ from --port');
  });

/** The settings of `serve`, checked. Durations in milliseconds. */
export type Settings = z.infer<typeof schema>;

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `--cert-dir` for `certDir`. */
function flagOf(key: string): string {
  return `--${kebab(key)}`;
}

/** `VMCP_ADMISSION_CERT_DIR` for `certDir`. */
function variableOf(key: string): string {
  return PREFIX + kebab(key).toUpperCase().replaceAll('-', '_');
}

/** The flags of `serve`, for the command line's help. */
export const SERVE_FLAGS: readonly { readonly flag: string; readonly help: string }[] = KEYS.map((key) => ({
  flag: `${flagOf(key)} ${SETTINGS[key].value}`,
  help: `${SETTINGS[key].help} [${variableOf(key)}]`,
}));

/**
 * Kubernetes gives each container variables for the Services of its namespace. For a Service named `vmcp-admission`
 * they begin with our prefix, and `VMCP_ADMISSION_PORT=tcp://10.0.0.1:443` even has the name of one of ours.
 */
function isServiceLink(name: string, value: string): boolean {
  return (
    /^(tcp|udp|sctp):\/\//.test(value) ||
    /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$/.test(name)
  );
}

export type ReadSettings =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Reads the settings of `serve`; a flag wins over its variable, an empty variable counts as absent. `flags` are by
 * key (`certDir`). Everything that is wrong comes back at once, each as one sentence that names what was given.
 */
export function readSettings(
  flags: Readonly<Record<string, string | boolean | undefined>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ReadSettings {
  const given: Partial<Record<Key, string>> = {};
  const source = new Map<string, string>();
  for (const key of KEYS) {
    const variable = variableOf(key);
    const value = environment[variable];
    if (value && !isServiceLink(variable, value)) {
      given[key] = value;
      source.set(key, variable);
    }
    if (flags[key] !== undefined) {
      given[key] = String(flags[key]);
      source.set(key, flagOf(key));
    }
  }
  const known = new Set(KEYS.map(variableOf));
  const problems = Object.entries(environment)
    .filter(
      ([name, value]) => name.startsWith(PREFIX) && !known.has(name) && !isServiceLink(name, value ?? ''),
    )
    .map(([name]) => `${name} is no setting; known are ${[...known].join(', ')}`);
  const parsed = schema.safeParse(given);
  if (parsed.success && problems.length === 0) return { ok: true, settings: parsed.data };
  for (const issue of parsed.error?.issues ?? []) {
    const key = String(issue.path[0] ?? '') as Key;
    const value = given[key];
    problems.push(
      value === undefined && issue.code === 'invalid_type'
        ? `${flagOf(key)} is needed: ${SETTINGS[key].help}`
        : `${source.get(key) ?? flagOf(key)} ${issue.message}${value === undefined ? '' : `, not ${JSON.stringify(value.slice(0, 100))}`}`,
    );
  }
  return { ok: false, problems };
}
