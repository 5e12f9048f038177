import type * as z from 'zod';
import { HEADINGS, SETTINGS } from './settingsTable.ts';
import { closest } from './text/closest.ts';
import { redacted } from './text/redact.ts';
import { type ReadTracing, readTracing } from './tracing/environment.ts';
import { VERSION } from './version.ts';

const PREFIX = 'VMCP_ADMISSION_';

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
  if (catalog === 'manifests' && (settings.storedFindings ?? 'off') !== 'off')
    found.push(['storedFindings', 'needs --catalog kubernetes; `vmcp-admission check` judges manifests']);
  if (catalog === 'manifests' && settings.watchPods)
    found.push(['watchPods', 'needs --catalog kubernetes, which has the Pods']);
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

/** The flags of `serve`, for the command line's help; a heading stands above some. */
export const SERVE_FLAGS: readonly {
  readonly heading: string | undefined;
  readonly flag: string;
  readonly help: string;
}[] = KEYS.map((key) => ({
  heading: HEADINGS[key],
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
      const seen = JSON.stringify(redacted(one.value).slice(0, 100));
      for (const { message } of parsed.error.issues) problems.push(`${one.source} ${message}, not ${seen}`);
    }
  }
  const usable = settings as Partial<Settings>;
  for (const [key, message] of conflicts(usable))
    problems.push(`${given.get(key)?.source ?? flagOf(key)} ${message}`);
  return problems.length === 0 ? { ok: true, settings: usable as Settings } : { ok: false, problems, usable };
}

/** What the variables of OpenTelemetry say; they have no flags. */
export function tracingSettings(environment: Environment = process.env): ReadTracing {
  return readTracing(environment, VERSION);
}
