import { posix } from 'node:path';
import { isRecord } from '../../kubernetes/record.ts';
import { remember } from '../../remember.ts';
import { canonicalHeader, isHeaderToken, isRestrictedHeader } from '../../toolhive/headerNames.ts';
import { STRATEGIES } from './strategyRules.ts';

/**
 * Our own statement of what the vMCP accepts as its config: the strict loader and the validator that end the process.
 * Source: toolhive's `config` package (loader and validator), as seen on the real binary. Asked before a config is
 * delivered, so that none is that crash-loops.
 */
export interface LoaderProblem {
  readonly path: string;
  readonly message: string;
}

/** Whether a variable will have a value that is not empty, as far as the Pod tells. */
export type HasVariable = (name: string) => boolean;

type Fields = Readonly<Record<string, unknown>>;

const TOP_LEVEL = new Set([
  'name',
  'groupRef',
  'backends',
  'incomingAuth',
  'outgoingAuth',
  'aggregation',
  'compositeTools',
  'compositeToolRefs',
  'operational',
  'metadata',
  'telemetry',
  'audit',
  'optimizer',
  'codeMode',
  'sessionStorage',
  'rateLimiting',
  'passthroughHeaders',
]);
const BACKEND = new Set(['name', 'url', 'transport', 'type', 'caBundlePath', 'metadata']);
const OUTGOING_AUTH = new Set(['source', 'default', 'backends']);
const STRATEGY = new Set(['type', ...Object.values(STRATEGIES).flatMap(({ block }) => block ?? [])]);
const NO_FIELDS: ReadonlySet<string> = new Set();
const INCOMING_TYPES = new Set(['oidc', 'local', 'anonymous']);
const SOURCES = new Set(['inline', 'discovered']);
const NEVER_PASSED = new Set(['Authorization', 'Cookie']);
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';

/** Scalars are taken for strings, `null` for the empty one; only collections are of the wrong type. */
function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? undefined : String(value);
}

function unknownFields(fields: Fields, known: { has(name: string): boolean }, path: string): LoaderProblem[] {
  const problems: LoaderProblem[] = [];
  for (const key of Object.keys(fields))
    if (!known.has(key))
      problems.push({ path: `${path}${key}`, message: 'is not a field that the vMCP knows' });
  return problems;
}

/** A backend of `backends[]`: strict fields, `type`, and `caBundlePath`; the vMCP checks nothing else. */
export function backendProblems(backend: unknown, path: string): LoaderProblem[] {
  if (!isRecord(backend)) return [{ path, message: 'must be a mapping' }];
  const problems = unknownFields(backend, BACKEND, `${path}.`);
  const bad = (field: string, message: string) => problems.push({ path: `${path}.${field}`, message });
  for (const field of ['name', 'url', 'transport', 'type', 'caBundlePath'])
    if (textOf(backend[field]) === undefined) bad(field, 'must be a string');
  const type = textOf(backend.type);
  if (type !== undefined && type !== '' && type !== 'entry') bad('type', 'must be "entry" or absent');
  const ca = textOf(backend.caBundlePath);
  if (ca) {
    if (type !== 'entry') bad('caBundlePath', 'is only valid when type is "entry"');
    if (ca.includes('..') || ca.includes('\0')) bad('caBundlePath', 'must not contain ".." or NUL');
    if (!posix.isAbsolute(ca)) bad('caBundlePath', 'must be absolute');
  }
  const { metadata } = backend;
  if (metadata !== undefined && metadata !== null) {
    if (!isRecord(metadata)) bad('metadata', 'must be a mapping');
    else if (Object.values(metadata).some((value) => textOf(value) === undefined))
      bad('metadata', 'must hold strings only');
  }
  return problems;
}

/** One strategy of `outgoingAuth`: its type, its block, required fields, and variables that must not be empty at load. */
export function strategyProblems(strategy: unknown, path: string, has: HasVariable): LoaderProblem[] {
  if (!isRecord(strategy)) return [{ path, message: 'must be a mapping: a null strategy ends the vMCP' }];
  const type = textOf(strategy.type) ?? '';
  const rule = Object.hasOwn(STRATEGIES, type) ? STRATEGIES[type] : undefined;
  if (!rule)
    return [{ path: `${path}.type`, message: `must be one of ${Object.keys(STRATEGIES).join(', ')}` }];
  const problems = unknownFields(strategy, STRATEGY, `${path}.`);
  if (!rule.block) return problems;
  const block = strategy[rule.block];
  const at = `${path}.${rule.block}`;
  if (!isRecord(block)) return [...problems, { path: at, message: `is required for type "${type}"` }];
  problems.push(...unknownFields(block, rule.fields ?? NO_FIELDS, `${at}.`));
  const bad = (field: string, message: string) => problems.push({ path: `${at}.${field}`, message });
  for (const field of rule.required ?? []) if (!textOf(block[field])) bad(field, 'must not be empty');
  for (const field of rule.loaded ?? []) {
    const name = textOf(block[field]);
    if (name && !has(name))
      bad(field, `names the environment variable ${name}, which the container does not set`);
  }
  if (type === 'header_injection' && !textOf(block.headerValue) === !textOf(block.headerValueEnv))
    bad('headerValue', 'exactly one of headerValue and headerValueEnv must be set');
  if (type === 'obo' && textOf(block.clientSecret) && textOf(block.clientSecretEnv))
    bad('clientSecret', 'must not be set beside clientSecretEnv');
  const subject = textOf(block.subjectTokenType);
  if (type === 'xaa' && subject && subject !== ID_TOKEN) bad('subjectTokenType', `must be ${ID_TOKEN}`);
  return problems;
}

/** Remembered, since all Pods of a rollout get the same list. */
const listProblems: (backends: readonly unknown[]) => readonly LoaderProblem[] = remember((backends) =>
  backends.flatMap((backend, index) => backendProblems(backend, `backends[${index}]`)),
);

function outgoingProblems(auth: unknown, has: HasVariable): LoaderProblem[] {
  if (!isRecord(auth)) return [{ path: 'outgoingAuth', message: 'is required' }];
  const problems = unknownFields(auth, OUTGOING_AUTH, 'outgoingAuth.');
  if (!SOURCES.has(textOf(auth.source) ?? ''))
    problems.push({ path: 'outgoingAuth.source', message: 'must be "inline" or "discovered"' });
  if (auth.default !== undefined && auth.default !== null)
    problems.push(...strategyProblems(auth.default, 'outgoingAuth.default', has));
  const { backends } = auth;
  if (backends === undefined || backends === null) return problems;
  if (!isRecord(backends))
    return [...problems, { path: 'outgoingAuth.backends', message: 'must be a mapping' }];
  for (const [name, strategy] of Object.entries(backends))
    problems.push(...strategyProblems(strategy, `outgoingAuth.backends[${name}]`, has));
  return problems;
}

/** Headers of clients that the vMCP hands on: names that it refuses end it. Source: its validator. */
function passthroughProblems(names: unknown): LoaderProblem[] {
  if (names === undefined || names === null) return [];
  if (!Array.isArray(names)) return [{ path: 'passthroughHeaders', message: 'must be a list' }];
  return names.flatMap((name: unknown, index) => {
    const canonical = canonicalHeader(textOf(name) ?? '');
    if (isHeaderToken(canonical) && !isRestrictedHeader(canonical) && !NEVER_PASSED.has(canonical)) return [];
    const message = 'must be an HTTP header name that is not restricted, and not Authorization or Cookie';
    return [{ path: `passthroughHeaders[${index}]`, message }];
  });
}

/** Everything in a config that would end the vMCP. Pure; never throws. */
export function loaderProblems(config: unknown, has: HasVariable): LoaderProblem[] {
  if (!isRecord(config)) return [{ path: '', message: 'must be a mapping' }];
  const problems = unknownFields(config, TOP_LEVEL, '');
  for (const field of ['name', 'groupRef'])
    if (!textOf(config[field])) problems.push({ path: field, message: 'must be a string that is not empty' });
  const incoming = config.incomingAuth;
  if (!isRecord(incoming) || !INCOMING_TYPES.has(textOf(incoming.type) ?? ''))
    problems.push({ path: 'incomingAuth.type', message: `must be one of ${[...INCOMING_TYPES].join(', ')}` });
  const { aggregation, backends } = config;
  if (!isRecord(aggregation) || !isRecord(aggregation.conflictResolutionConfig))
    problems.push({ path: 'aggregation.conflictResolutionConfig', message: 'is required' });
  problems.push(...passthroughProblems(config.passthroughHeaders));
  problems.push(...outgoingProblems(config.outgoingAuth, has));
  if (backends !== undefined && backends !== null) {
    if (!Array.isArray(backends)) problems.push({ path: 'backends', message: 'must be a list' });
    else problems.push(...listProblems(backends));
  }
  return problems;
}
