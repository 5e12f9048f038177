import type { GroupMembers } from '../../catalog/catalog.ts';
import type { LeftOut } from '../report/reasons.ts';
import type { BaseConfig } from './baseConfig.ts';
import { toData, YamlMap } from './render.ts';
import { backendProblems } from './validator.ts';

/** Backends of the base config that the group does not have. */
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
 * What becomes of the backends that only the base config knows: those of a self-managed Pod are its owner's and stay,
 * unless the vMCP would refuse them or could not use them; those of an operator-made Pod are what the operator wrote some
 * time ago (gap S6) and go. A name that the group has is never taken from the base config.
 * @param brokenStrategies what is wrong with the strategies of backends that would end the vMCP, by name
 */
export function baseOnlyBackends(
  base: BaseConfig,
  members: GroupMembers,
  selfManaged: boolean,
  brokenStrategies: ReadonlyMap<string, string>,
): BaseOnly {
  const names = memberNames(members);
  const kept = new Map<string, YamlMap>();
  const leftOut: LeftOut[] = [];
  for (const [index, { name, value }] of base.backends.entries()) {
    if (name !== undefined && names.has(name)) continue;
    const shown = name || `backends[${index}]`;
    const leave = (reason: LeftOut['reason'], message: string) =>
      leftOut.push({ kind: 'Backend', name: shown, reason, message });
    if (!selfManaged) {
      leave('base-backend-unknown', 'the base config lists it, but the group has no such backend any more');
      continue;
    }
    const bad =
      value instanceof YamlMap ? (refusal(value) ?? brokenStrategies.get(shown)) : 'it is not a mapping';
    if (!name || bad) leave('base-backend-rejected', bad ?? 'it has no name');
    else if (kept.has(name)) leave('base-backend-rejected', 'the base config lists this name twice');
    else if (value instanceof YamlMap) kept.set(name, value);
  }
  return { kept, leftOut };
}
