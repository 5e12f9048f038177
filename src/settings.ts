import { isIP } from 'node:net';
import * as z from 'zod';
import { closest } from './closest.ts';
import { parseDuration } from './server/deadline.ts';
import { TIMING } from './server/limits.ts';
import { LOG_LEVELS } from './server/log.ts';
import { parseToolhiveVersion, TOOLHIVE_VERSION_FORM } from './toolhive/versions.ts';

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

const audience = z
  .string()
  .regex(/^\S{1,256}$/, 'must be an audience: at most 256 characters without blanks');

const namespaces = names.refine(
  (all) => all.every((name) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)),
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
    schema: namespaces.default([]),
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
  toolhiveVersion: {
    schema: toolhiveVersion.optional(),
    value: '<VERSION>',
    help: 'release of ToolHive in the cluster, e.g. v0.47.0; default: unknown, which warns of what some releases ignore',
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
const KEYS = Object.keys(SETTINGS) as readonly Key[];

/** The settings of `serve`, checked. Durations in milliseconds. */
export type Settings = { [K in Key]: z.infer<(typeof SETTINGS)[K]['schema']> };

/** What is wrong with the settings together, by the key of the one to change. A setting that is wrong itself is absent. */
function conflicts(settings: Partial<Settings>): (readonly [Key, string])[] {
  const { catalog, manifests, namespaces: only = [], port: reviews, healthPort } = settings;
  const found: (readonly [Key, string])[] = [];
  if (catalog === 'manifests' && manifests === undefined)
    found.push(['manifests', 'is needed with --catalog manifests: the folder to read']);
  if (catalog === 'kubernetes' && manifests !== undefined)
    found.push(['manifests', 'is only read with --catalog manifests']);
  if (catalog === 'manifests' && only.length > 0)
    found.push(['namespaces', 'has no effect with --catalog manifests; remove it']);
  if ((settings.clientAllowedNames ?? []).length > 0 && settings.clientCaFile === undefined)
    found.push(['clientAllowedNames', 'needs --client-ca-file: without it, callers send no certificate']);
  const { clientTokenAudience: audience, clientTokenSubjects: subjects = [] } = settings;
  if (audience !== undefined && subjects.length === 0)
    found.push([
      'clientTokenSubjects',
      'is needed with --client-token-audience: any Pod can get a token for any audience',
    ]);
  if (audience === undefined && subjects.length > 0)
    found.push(['clientTokenSubjects', 'needs --client-token-audience']);
  if (audience !== undefined && catalog === 'manifests')
    found.push(['clientTokenAudience', 'needs --catalog kubernetes: the API server has the keys']);
  if (reviews !== undefined && reviews !== 0 && reviews === healthPort)
    found.push(['healthPort', 'must differ from --port']);
  return found;
}

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
 * True for a variable that Kubernetes sets for a Service of the Pod's namespace. Those of a Service named
 * `vmcp-admission` begin with {@link PREFIX}; `VMCP_ADMISSION_PORT=tcp://10.0.0.1:443` even has the name of a setting.
 */
function isServiceLink(name: string, value: string): boolean {
  return (
    /^(tcp|udp|sctp):\/\//.test(value) ||
    /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$/.test(name)
  );
}

export type ReadSettings =
  | { readonly ok: true; readonly settings: Settings }
  | {
      readonly ok: false;
      readonly problems: readonly string[];
      /** The settings that have no problem. */
      readonly usable: Partial<Settings>;
    };

/** A setting as it was given, and the flag or variable that gave it. */
interface Given {
  readonly value: string;
  readonly source: string;
}

type Flags = Readonly<Record<string, string | boolean | undefined>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** What was given for a setting: the flag, else its variable. An empty variable counts as absent. */
function givenFor(key: Key, flags: Flags, environment: Environment): Given | undefined {
  const flagged = flags[key];
  if (flagged !== undefined) return { value: String(flagged), source: flagOf(key) };
  const source = variableOf(key);
  const value = environment[source];
  return value && !isServiceLink(source, value) ? { value, source } : undefined;
}

function unknownVariable(name: string): string {
  const word = name.slice(PREFIX.length).toLowerCase().replaceAll('_', '-');
  const [meant] = closest(word, KEYS.map(kebab));
  const hint =
    meant === undefined
      ? '`vmcp-admission serve --help` lists all'
      : `did you mean ${PREFIX}${meant.toUpperCase().replaceAll('-', '_')}?`;
  return `unknown variable ${name}; ${hint}`;
}

/**
 * Reads the settings of `serve`; a flag wins over its variable. `flags` are by key (`certDir`). Returns every problem at
 * once, each as one sentence.
 */
export function readSettings(flags: Flags, environment: Environment = process.env): ReadSettings {
  const known = new Set(KEYS.map(variableOf));
  const problems = Object.entries(environment)
    .filter(
      ([name, value]) => name.startsWith(PREFIX) && !known.has(name) && !isServiceLink(name, value ?? ''),
    )
    .map(([name]) => unknownVariable(name));
  const given = new Map(KEYS.map((key) => [key, givenFor(key, flags, environment)] as const));
  const settings: Partial<Record<Key, unknown>> = {};
  for (const [key, one] of given) {
    const parsed = SETTINGS[key].schema.safeParse(one?.value);
    if (parsed.success) settings[key] = parsed.data;
    else if (one === undefined) problems.push(`${flagOf(key)} is needed: ${SETTINGS[key].help}`);
    else {
      const seen = JSON.stringify(one.value.slice(0, 100));
      for (const { message } of parsed.error.issues) problems.push(`${one.source} ${message}, not ${seen}`);
    }
  }
  const usable = settings as Partial<Settings>;
  for (const [key, message] of conflicts(usable))
    problems.push(`${given.get(key)?.source ?? flagOf(key)} ${message}`);
  return problems.length === 0 ? { ok: true, settings: usable as Settings } : { ok: false, problems, usable };
}
