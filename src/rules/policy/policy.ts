import type { ToolhiveVersion } from '../../toolhive/versions.ts';
import { RULE_IDS, RULES, type RuleId } from '../index.ts';
import type { Level } from '../rule.ts';
import type { Cidr } from '../url/addresses.ts';

/** The policy about URLs. Host patterns: `example.com` or `*.example.com`, in lower case. */
export interface UrlPolicy {
  readonly blockedHosts: readonly string[];
  readonly allowedHosts: readonly string[];
  readonly blockedRanges: readonly Cidr[];
  readonly allowedRanges: readonly Cidr[];
}

/** The settings of a team that change how objects are judged. Made once at start. */
export interface Policy {
  readonly levels: Readonly<Record<RuleId, Level>>;
  readonly url: UrlPolicy;
  readonly exemptNamespaces: ReadonlySet<string>;
  /** The release of ToolHive that runs in the cluster; undefined when nobody said which. */
  readonly toolhive?: ToolhiveVersion | undefined;
}

/** The level of every rule when no setting says otherwise. */
export function defaultLevels(): Record<RuleId, Level> {
  return Object.fromEntries(RULE_IDS.map((id) => [id, RULES[id].level])) as Record<RuleId, Level>;
}

export function defaultPolicy(): Policy {
  return {
    levels: defaultLevels(),
    url: { blockedHosts: [], allowedHosts: [], blockedRanges: [], allowedRanges: [] },
    exemptNamespaces: new Set(),
  };
}
