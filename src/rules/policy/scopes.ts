import { type LabelSelector, type Labels, selects } from '../../kubernetes/labelSelector.ts';
import { matchesGlob } from '../globs.ts';
import type { Policy } from './policy.ts';

/** A part of the policy file for some namespaces or callers. Criteria that are undefined match everything. */
export interface Scope {
  /** Its name in the file, else its place there: `scopes[0]`. */
  readonly name: string;
  /** Globs. */
  readonly namespaces?: readonly string[] | undefined;
  readonly namespaceSelector?: LabelSelector | undefined;
  /** Globs of names of users. A caller matches by its name or by one of its groups. */
  readonly users?: readonly string[] | undefined;
  /** Globs of groups of users. */
  readonly groups?: readonly string[] | undefined;
  /** The whole policy in this scope: its own settings, and those of the top level for the others. */
  readonly policy: Policy;
}

/** Who sent a request. */
export interface Caller {
  readonly user: string;
  readonly groups: readonly string[];
}

/** What decides about the scope of an object. */
export interface ScopeFacts {
  readonly namespace: string;
  /** Undefined where there is no caller to judge: for Pods, for the status of objects, and offline without `--as`. */
  readonly caller: Caller | undefined;
  /** The labels of the namespace; read only when {@link selectsByLabels}. */
  readonly labels: Labels;
}

/** True when the labels of namespaces decide about scopes. */
export function selectsByLabels({ scopes }: Pick<Policy, 'scopes'>): boolean {
  return scopes.some(({ namespaceSelector }) => namespaceSelector !== undefined);
}

function matchesCaller({ users, groups }: Scope, caller: Caller | undefined): boolean {
  if (users === undefined && groups === undefined) return true;
  if (caller === undefined) return false;
  return (
    (users !== undefined && matchesGlob(caller.user, users)) ||
    (groups !== undefined && caller.groups.some((group) => matchesGlob(group, groups)))
  );
}

function matches(scope: Scope, { namespace, caller, labels }: ScopeFacts): boolean {
  const { namespaces, namespaceSelector } = scope;
  return (
    (namespaces === undefined || matchesGlob(namespace, namespaces)) &&
    (namespaceSelector === undefined || selects(namespaceSelector, labels)) &&
    matchesCaller(scope, caller)
  );
}

/** The policy of the first scope that matches; without one, the policy itself, which is that of the top level. */
export function policyInScope(policy: Policy, facts: ScopeFacts): Policy {
  return policy.scopes.find((scope) => matches(scope, facts))?.policy ?? policy;
}
