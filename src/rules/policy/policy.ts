import type { ToolhiveVersion } from '../../toolhive/versions.ts';
import type { Exception } from '../findings/exceptions.ts';
import { matchesGlob } from '../globs.ts';
import { RULE_IDS, RULES, type RuleId } from '../index.ts';
import type { Level } from '../rule.ts';
import type { Cidr } from '../url/addresses.ts';
import type { PolicyDocument } from './policySchema.ts';
import type { Scope } from './scopes.ts';

/** Hosts and addresses that a list names. Host patterns: `example.com`, `*.example.com`, or `*` for any host. */
export interface HostList {
  readonly hosts: readonly string[];
  readonly ranges: readonly Cidr[];
}

/** The policy about URLs. Host patterns: `example.com` or `*.example.com`, in lower case. */
export interface UrlPolicy {
  readonly blockedHosts: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly blockedRanges: readonly Cidr[];
  readonly allowedRanges: readonly Cidr[];
  /** The only hosts that remote servers may have; undefined when they may have any. */
  readonly remoteHosts?: HostList | undefined;
  /** Whether remote servers may be inside the cluster or a private network, with allowPrivateEndpoint. */
  readonly forbidsPrivate?: boolean | undefined;
}

/** Which entries must have a CA bundle. */
export interface CaBundlePolicy {
  /** Patterns of hosts that need one, beside those that are private. */
  readonly hosts: readonly string[];
  /** Globs of the ConfigMaps that it may come from. */
  readonly configMaps: readonly string[];
}

/** The settings of a team that change how objects are judged. Made once, when the policy file is read. */
export interface Policy {
  readonly levels: Readonly<Record<RuleId, Level>>;
  readonly url: UrlPolicy;
  /** Globs of the namespaces whose objects are not judged. */
  readonly exemptNamespaces: readonly string[];
  /** The release of ToolHive that runs in the cluster; undefined when it is not known. */
  readonly toolhive?: ToolhiveVersion | undefined;
  /** `warn`: what would be denied is admitted with a warning. */
  readonly enforcement: 'deny' | 'warn';
  readonly caBundle?: CaBundlePolicy | undefined;
  /** Globs of the names that objects may have; undefined when they may have any. */
  readonly names?: readonly string[] | undefined;
  /** The patterns of the hosts that a Secret may be sent to, by `namespace/name` of the Secret. */
  readonly credentials: ReadonlyMap<string, readonly string[]>;
  /** By `namespace/name` of the object. */
  readonly exceptions: ReadonlyMap<string, readonly Exception[]>;
  /** The scopes of the file, in its order; empty in the policy of a scope. */
  readonly scopes: readonly Scope[];
  /** The document that it was read from; undefined for the default policy. */
  readonly document?: PolicyDocument | undefined;
  /** The scope that this is the policy of. */
  readonly scope?: string | undefined;
  /** The exceptions for the object under review, by rule: see `withExceptions`. */
  readonly excepted?: ReadonlyMap<RuleId, Exception & { readonly over: boolean }> | undefined;
}

/** True for a namespace whose objects are not judged. */
export function isExempt({ exemptNamespaces }: Policy, namespace: string): boolean {
  return matchesGlob(namespace, exemptNamespaces);
}

/** The level of every rule when no setting says otherwise. */
export function defaultLevels(): Record<RuleId, Level> {
  return Object.fromEntries(RULE_IDS.map((id) => [id, RULES[id].level])) as Record<RuleId, Level>;
}

export function defaultPolicy(): Policy {
  return {
    levels: defaultLevels(),
    url: { blockedHosts: [], allowedHosts: [], blockedRanges: [], allowedRanges: [] },
    exemptNamespaces: [],
    enforcement: 'deny',
    credentials: new Map(),
    exceptions: new Map(),
    scopes: [],
  };
}
