import type { GroupMembers } from '../../catalog/catalog.ts';
import { backendProblems } from '../../toolhive/vmcpConfig/backends.ts';
import { toData, YamlMap } from '../../yaml/values.ts';
import type { Backend } from '../discovery/backend.ts';
import type { LeftOut } from '../report/reasons.ts';
import type { BaseConfig } from './baseConfig.ts';

/** What becomes of the backends of the base config. */
export interface BaseOnly {
  readonly kept: ReadonlyMap<string, YamlMap>;
  readonly leftOut: readonly LeftOut[];
}

function memberNames(members: GroupMembers): ReadonlySet<string> {
  const all = [...members.servers, ...members.remoteProxies, ...members.entries];
  return new Set(all.map(({ metadata }) => metadata.name));
}

function refusal(value: YamlMap): string | undefined {
  const data = toData(value) as { readonly url?: unknown; readonly transport?: unknown };
  const [problem] = backendProblems(data, 'backend');
  if (problem) return `${problem.path} ${problem.message}`;
  if (typeof data.url !== 'string' || !URL.canParse(data.url)) return 'it has no URL that can be called';
  return typeof data.transport === 'string' && data.transport !== '' ? undefined : 'it has no transport';
}

/**
 * What becomes of the backends that the base config lists. Those of a self-managed Pod are its owner's and stay, whatever
 * the group has, unless the vMCP would refuse them or could not use them. Those of an operator-made Pod are what the
 * operator wrote about the group some time ago: members take their place, and what is no member any more goes.
 * @param brokenStrategies what is wrong with the strategies of backends that cannot be used, by name
 */
export function baseOnlyBackends(
  base: BaseConfig,
  members: GroupMembers,
  selfManaged: boolean,
  brokenStrategies: ReadonlyMap<string, { readonly message: string }>,
): BaseOnly {
  const names = memberNames(members);
  const kept = new Map<string, YamlMap>();
  const leftOut: LeftOut[] = [];
  for (const [index, { name, value }] of base.backends.entries()) {
    const shown = name || `backends[${index}]`;
    const leave = (reason: LeftOut['reason'], message: string) =>
      leftOut.push({ kind: 'Backend', name: shown, reason, message });
    if (!selfManaged) {
      if (name === undefined || !names.has(name))
        leave('base-backend-unknown', 'the base config lists it, but the group has no such backend any more');
      continue;
    }
    const bad =
      value instanceof YamlMap
        ? (refusal(value) ?? brokenStrategies.get(shown)?.message)
        : 'it is not a mapping';
    if (!name || bad) leave('base-backend-rejected', bad ?? 'it has no name');
    else if (kept.has(name)) leave('base-backend-rejected', 'the base config lists this name twice');
    else if (value instanceof YamlMap) kept.set(name, value);
  }
  return { kept, leftOut };
}

/**
 * Excludes members that are named like a backend of the owner: its strategy and its headers are found by that name and
 * would go to the member's URL.
 */
export function withoutOwnedNames(
  backends: readonly Backend[],
  owned: ReadonlySet<string>,
): { readonly backends: readonly Backend[]; readonly leftOut: readonly LeftOut[] } {
  const taken = backends.filter(({ name }) => owned.has(name));
  return {
    backends: backends.filter(({ name }) => !owned.has(name)),
    leftOut: taken.map(({ kind, name }) => ({
      kind,
      name,
      reason: 'name-taken',
      message: `backend "${name}" of the base config has this name and keeps it; rename ${kind} "${name}", or the backend in the base config`,
    })),
  };
}
