import type * as z from 'zod';
import { closest } from '../../closest.ts';
import { STORED_KINDS } from '../../toolhive/kinds.ts';
import type { Exception } from '../findings/exceptions.ts';
import { RULE_IDS } from '../index.ts';
import { type Cidr, parseCidr } from '../url/addresses.ts';
import { defaultPolicy, type HostList, type Policy } from './policy.ts';
import { keysAt, type PolicyDocument, type PolicySettings, policySchema } from './policySchema.ts';
import type { Scope } from './scopes.ts';

/** What is wrong at one place of a policy document. */
export interface PolicyProblem {
  readonly path: readonly PropertyKey[];
  /** `key`: the key at the end of the path is wrong; `value`: what stands there. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** The policy that a document asks for, or everything that is wrong with it. */
export type ParsedPolicy =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

function ranges(texts: readonly string[]): Cidr[] {
  return texts.flatMap((text) => {
    const cidr = parseCidr(text);
    return cidr ? [cidr] : [];
  });
}

function hostList(texts: readonly string[]): HostList {
  return { hosts: texts.filter((text) => parseCidr(text) === undefined), ranges: ranges(texts) };
}

const LEVELS = { allow: 'off', warn: 'warn', deny: 'deny' } as const;

/** The policy with the settings that are given; the others stay. */
function withSettings(base: Policy, given: PolicySettings): Policy {
  const { urls = {}, remoteHosts, privateEndpoints } = given;
  const { blockedHosts, allowedHosts, blockedCidrs, allowedCidrs } = urls;
  return {
    ...base,
    levels: {
      ...base.levels,
      ...(remoteHosts && { 'remote-host-not-allowed': LEVELS[remoteHosts.else] }),
      ...(privateEndpoints && { 'private-endpoint-forbidden': LEVELS[privateEndpoints] }),
      ...given.rules,
    },
    url: {
      blockedHosts: blockedHosts ?? base.url.blockedHosts,
      allowedHosts: allowedHosts ?? base.url.allowedHosts,
      blockedRanges: blockedCidrs ? ranges(blockedCidrs) : base.url.blockedRanges,
      allowedRanges: allowedCidrs ? ranges(allowedCidrs) : base.url.allowedRanges,
      remoteHosts: remoteHosts ? hostList(remoteHosts.allow) : base.url.remoteHosts,
      forbidsPrivate: privateEndpoints ? privateEndpoints !== 'allow' : base.url.forbidsPrivate,
    },
    enforcement: given.enforcement ?? base.enforcement,
    caBundle: given.caBundle ?? base.caBundle,
    names: given.names ?? base.names,
  };
}

function byObject(exceptions: readonly Exception[]): ReadonlyMap<string, readonly Exception[]> {
  return Map.groupBy(exceptions, ({ namespace, name }) => `${namespace}/${name}`);
}

function toScope(given: PolicyDocument['scopes'][number], index: number, base: Policy): Scope {
  const { name = `scopes[${index}]`, namespaces, namespaceSelector, users, groups } = given;
  const policy = { ...withSettings(base, given), scope: name };
  return { name, namespaces, namespaceSelector, users, groups, policy };
}

function toPolicy(document: PolicyDocument): Policy {
  const { exemptNamespaces, scopes, credentials, exceptions } = document;
  const base = {
    ...withSettings(defaultPolicy(), document),
    exemptNamespaces: new Set(exemptNamespaces),
    credentials: new Map(credentials.map(({ secret, hosts }) => [secret, hosts])),
    exceptions: byObject(exceptions),
    document,
  };
  return { ...base, scopes: scopes.map((scope, index) => toScope(scope, index, base)) };
}

function meant(word: string, choices: readonly string[]): string {
  const [first] = closest(word, choices);
  return first === undefined ? '' : `; did you mean "${first}"?`;
}

/** Long lists are told by a command; short ones are shown. */
const MAX_LISTED = 12;

function unknownKey(path: readonly PropertyKey[], key: string): PolicyProblem {
  const known = keysAt(path) ?? [];
  const isRule = path.at(-1) === 'rules';
  const hint =
    meant(key, known) ||
    (isRule || known.length > MAX_LISTED ? '' : `; known are ${known.join(', ')}`) ||
    (isRule ? '; "vmcp-admission explain" lists all rules' : '');
  return {
    path: [...path, key],
    at: 'key',
    message: `unknown ${isRule ? 'rule' : 'key'} ${JSON.stringify(key)}${hint}`,
  };
}

function toProblems(issue: z.core.$ZodIssue): PolicyProblem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(issue.path, key));
  const { path, message } = issue;
  if (issue.code === 'invalid_type' && issue.input === undefined)
    return [{ path, at: 'value', message: 'is required' }];
  if (issue.code === 'too_small' && issue.origin === 'array')
    return [{ path, at: 'value', message: 'must not be empty' }];
  const last = path.at(-1);
  const word = issue.code === 'invalid_value' && typeof issue.input === 'string' ? issue.input : undefined;
  const choices = last === 'rule' ? RULE_IDS : last === 'kind' ? STORED_KINDS : undefined;
  return [{ path, at: 'value', message: word && choices ? message + meant(word, choices) : message }];
}

/**
 * Reads a policy document; {@link policySchema} is its form. Everything is optional; a key that is not known is an error, so
 * that a typing mistake cannot switch a protection off silently. An allowance never opens loopback, link-local or metadata
 * addresses.
 */
export function parsePolicy(raw: unknown): ParsedPolicy {
  const parsed = policySchema.safeParse(raw ?? {}, { reportInput: true });
  return parsed.success
    ? { ok: true, policy: toPolicy(parsed.data) }
    : { ok: false, problems: parsed.error.issues.flatMap(toProblems) };
}

/** A problem without its place in the text: `scopes[0].rules: unknown key …`. */
export function policyProblemText({ path, at, message }: PolicyProblem): string {
  const place = (at === 'key' ? path.slice(0, -1) : path).reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
  return `${place || 'policy'}: ${message}`;
}

/**
 * A policy as plain data, for the log at start and `check --show-policy`: the form that {@link parsePolicy} reads. Scopes,
 * credentials and exceptions are as they are written; of the top level the levels of all rules are told.
 */
export function policyDocument(policy: Policy): Record<string, unknown> {
  const text = (cidrs: readonly Cidr[]) => cidrs.map(([base, bits]) => `${base.toString()}/${bits}`);
  const { url, enforcement, document } = policy;
  return {
    ...document,
    rules: policy.levels,
    urls: {
      blockedHosts: url.blockedHosts,
      allowedHosts: url.allowedHosts,
      blockedCidrs: text(url.blockedRanges),
      allowedCidrs: text(url.allowedRanges),
    },
    exemptNamespaces: [...policy.exemptNamespaces],
    enforcement,
  };
}
