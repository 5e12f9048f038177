import type { Exception } from '../findings/exceptions.ts';
import { type Cidr, parseCidr } from '../url/addresses.ts';
import { type DocumentProblem, readDocument } from './documentProblems.ts';
import { defaultPolicy, type HostList, type Policy } from './policy.ts';
import { type PolicyDocument, type PolicySettings, policySchema } from './policySchema.ts';
import type { Scope } from './scopes.ts';

/** The policy that a document asks for, or everything that is wrong with it. */
export type ParsedPolicy =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

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
    exemptNamespaces,
    credentials: new Map(credentials.map(({ secret, hosts }) => [secret, hosts])),
    exceptions: byObject(exceptions),
    document,
  };
  return { ...base, scopes: scopes.map((scope, index) => toScope(scope, index, base)) };
}

/**
 * Reads a policy document; {@link policySchema} is its form. Everything is optional; a key that is not known is an error, so
 * that a typing mistake cannot switch a protection off silently. An allowance never opens loopback, link-local or metadata
 * addresses.
 */
export function parsePolicy(raw: unknown): ParsedPolicy {
  const read = readDocument(raw ?? {}, policySchema);
  return read.ok ? { ok: true, policy: toPolicy(read.value) } : read;
}

/**
 * A policy as plain data, for `check --show-policy`: the form that {@link parsePolicy} reads. Scopes,
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
    exemptNamespaces: policy.exemptNamespaces,
    enforcement,
  };
}
