import type { NamespaceView } from '../catalog/catalog.ts';
import { isDnsLabel } from '../kubernetes/objectNames.ts';
import type { McpRemoteProxy } from '../toolhive/models/remoteProxy.ts';
import type { McpServer } from '../toolhive/models/server.ts';
import type { McpServerEntry } from '../toolhive/models/serverEntry.ts';
import { operatorCaVolumeName } from '../toolhive/names.ts';
import { duplicate, invalid } from './findings/finding.ts';
import type { Finding } from './findings/verdict.ts';
import { deny, type Facts, warn } from './rule.ts';

export const nameRules = {
  'name-dotted-ca-bundle': deny(
    'An entry with a CA bundle must have a name that can be part of a volume name.',
    'MCPServerEntry',
  ),
  'name-shared': warn(
    'A backend must not share its name with a backend of another kind.',
    'MCPServerEntry',
    'MCPRemoteProxy',
    'MCPServer',
  ),
};

const NAME = 'metadata.name';

/** The operator makes a volume name out of the name of an entry with a CA bundle; an invalid one stops the Deployment. */
export function checkVolumeName({ caBundle, metadata: { name, prefix } }: McpServerEntry): Finding[] {
  const volume = caBundle && operatorCaVolumeName(name);
  if (volume === undefined || isDnsLabel(volume)) return [];
  return [
    invalid({
      rule: 'name-dotted-ca-bundle',
      field: prefix === undefined ? NAME : 'metadata.generateName',
      value: prefix ?? name,
      detail: `an entry with a CA bundle must have a name without dots: ToolHive names a volume ${prefix === undefined ? '' : 'such as '}"${volume}" after it, and an invalid volume name stops the whole vMCP; rename the entry, e.g. "${(prefix ?? name).replaceAll('.', '-')}"`,
    }),
  ];
}

type Member = McpServer | McpRemoteProxy | McpServerEntry;

/** Of members with one name ToolHive finds the first in this order. Source: the look-up of toolhive's workload discovery. */
const ORDER = ['MCPServer', 'MCPRemoteProxy', 'MCPServerEntry'];

/** The members of other kinds with the name of this one. */
function namesakes({ kind, metadata: { name } }: Member, view: NamespaceView): Member[] {
  const all: (Member | undefined)[] = [view.server(name), view.remoteProxy(name), view.entry(name)];
  return all.filter((other): other is Member => other !== undefined && other.kind !== kind);
}

function sharedName(member: Member, other: Member): Finding[] {
  const [winner, loser] =
    ORDER.indexOf(member.kind) < ORDER.indexOf(other.kind) ? [member, other] : [other, member];
  // Without a group it is not a backend, so it is not missed.
  if (loser.group === undefined) return [];
  const sharesGroup = winner.group === loser.group;
  const consequence = sharesGroup
    ? `both are in group "${loser.group}": the ${winner.kind} is served and the ${loser.kind} is left out`
    : `in discovered mode the vMCP finds the ${winner.kind} instead of the ${loser.kind}`;
  const { name } = member.metadata;
  return [
    duplicate({
      rule: 'name-shared',
      field: NAME,
      value: name,
      // An update may leave the group of a namesake, but not join it.
      violations: [{ parts: [other.kind] }, ...(sharesGroup ? [{ parts: [other.kind, loser.group] }] : [])],
      detail: `${other.kind} "${name}" has the same name, and ${consequence}; give one of them another name`,
    }),
  ];
}

/** Backends are told apart by their bare name, across kinds. One namesake is named, of the same group if there is one. */
export function checkSharedName(member: Member, { view }: Facts): Finding[] {
  const others = namesakes(member, view);
  const sameGroup = others.filter(({ group }) => group === member.group);
  return [...sameGroup, ...others].flatMap((other) => sharedName(member, other)).slice(0, 1);
}
