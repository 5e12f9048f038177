import type { GroupMembers } from '../catalog/catalog.ts';
import { headerManifestEnv, operatorCaVolumeName } from '../toolhive/names.ts';
import type { McpServerEntry } from '../toolhive/serverEntry.ts';
import { duplicate, forbidden, invalid } from './finding.ts';
import { groupNames, manifestNames, secretHeaderVariables } from './groupNames.ts';
import { deny, type Facts, warn } from './rule.ts';
import type { Finding } from './verdict.ts';

export const nameRules = {
  'name-dotted-ca-bundle': deny(
    'An entry with a CA bundle must have a name that can be part of a volume name.',
    'MCPServerEntry',
  ),
  'name-volume-collision': deny('The CA volumes of a group must have different names.', 'MCPServerEntry'),
  'name-shared': warn('An entry must not share its name with a backend of another kind.', 'MCPServerEntry'),
  'header-env-collision': deny(
    'The headers of different entries must go into different variables.',
    'MCPServerEntry',
  ),
};

const NAME = 'metadata.name';
/** A volume name is a DNS label (RFC 1123). */
const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

function hasHeaders(entry: McpServerEntry): boolean {
  const { headers } = entry;
  return (
    headers !== undefined &&
    (Object.keys(headers.plaintext).length > 0 || headers.fromSecret.some(({ secret }) => secret))
  );
}

/** True for another entry than this one or its stored version. */
function isOther(entry: McpServerEntry): (other: McpServerEntry) => boolean {
  return ({ metadata }) => metadata.name !== entry.metadata.name;
}

/** The operator makes a volume name out of the entry's, and an invalid or double one stops the Deployment. */
export function checkVolumeName(entry: McpServerEntry, { view }: Facts): Finding[] {
  if (entry.caBundle === undefined) return [];
  const { name, prefix } = entry.metadata;
  const volume = operatorCaVolumeName(name);
  if (!DNS_LABEL.test(volume))
    return [
      invalid({
        rule: 'name-dotted-ca-bundle',
        field: prefix === undefined ? NAME : 'metadata.generateName',
        value: prefix ?? name,
        detail: `an entry with a CA bundle must have a name without dots: ToolHive names a volume ${prefix === undefined ? '' : 'such as '}"${volume}" after it, and an invalid volume name stops the whole vMCP; rename the entry, e.g. "${(prefix ?? name).replaceAll('.', '-')}"`,
      }),
    ];
  if (entry.group === undefined) return [];
  const { volumes } = groupNames(view.members(entry.group).entries);
  const twin = volumes.get(volume)?.find(isOther(entry));
  if (twin === undefined) return [];
  return [
    duplicate({
      rule: 'name-volume-collision',
      field: NAME,
      value: name,
      detail: `ToolHive would name the CA volume "${volume}", as it does for entry "${twin.metadata.name}", and a double volume name stops the whole vMCP; rename one of the two`,
    }),
  ];
}

/** Backends are told apart by their bare name, across kinds. */
export function checkSharedName(entry: McpServerEntry, { view }: Facts): Finding[] {
  const { name } = entry.metadata;
  const twins = [view.server(name), view.remoteProxy(name)].filter((twin) => twin !== undefined);
  const sameGroup = twins.find((twin) => twin.group === entry.group);
  const twin = sameGroup ?? twins[0];
  if (twin === undefined) return [];
  const consequence =
    sameGroup === undefined
      ? 'in discovered mode the vMCP finds that one instead of this entry'
      : `both are in group "${entry.group}": the ${twin.kind} is served and this entry is left out`;
  return [
    duplicate({
      rule: 'name-shared',
      field: NAME,
      value: name,
      detail: `${twin.kind} "${name}" has the same name, and ${consequence}; give one of them another name`,
    }),
  ];
}

function checkSecretVariables(entry: McpServerEntry, entries: readonly McpServerEntry[]): Finding[] {
  const mine = secretHeaderVariables(entry);
  if (mine.length === 0) return [];
  const { secrets } = groupNames(entries);
  const isTwin = isOther(entry);
  const own = new Map<string, string>();
  const ownerOf = (variable: string) => {
    const twin = secrets.get(variable)?.findLast((owner) => isTwin(owner.entry));
    return twin ? `header "${twin.header}" of entry "${twin.entry.metadata.name}"` : own.get(variable);
  };
  const findings: Finding[] = [];
  for (const { variable, header, field } of mine) {
    const owner = ownerOf(variable);
    if (owner === undefined) own.set(variable, `header "${header}" of this entry`);
    else
      findings.push(
        forbidden({
          rule: 'header-env-collision',
          field: { shown: field, stable: 'spec.headerForward.addHeadersFromSecret' },
          violations: [{ parts: [variable, own.has(variable) ? '' : owner, entry.remoteUrl] }],
          detail: `ToolHive keeps this secret and that of ${owner} in one variable (${variable}), so one of them goes to the wrong server; rename the entry or the header`,
        }),
      );
  }
  return findings;
}

function checkManifestVariable(entry: McpServerEntry, members: GroupMembers): Finding[] {
  const variable = headerManifestEnv(entry.metadata.name);
  const say = (kind: string, name: string, consequence: string, receiver?: string) => [
    forbidden({
      rule: 'header-env-collision',
      field: NAME,
      value: entry.metadata.name,
      receiver,
      detail: `ToolHive hands out headers by the variable ${variable}, which also stands for ${kind} "${name}": ${consequence}; rename one of the two`,
    }),
  ];
  const twins = groupNames(members.entries).manifests.get(variable)?.filter(isOther(entry)) ?? [];
  if (hasHeaders(entry)) {
    const backend =
      manifestNames(members.servers).get(variable) ?? manifestNames(members.remoteProxies).get(variable);
    if (backend) return say(backend.kind, backend.name, 'that backend would be sent this entry’s headers');
    const [twin] = twins;
    if (twin) return say('entry', twin.metadata.name, 'that entry would be sent this entry’s headers');
  }
  const twin = twins.find(hasHeaders);
  return twin
    ? say('entry', twin.metadata.name, 'this entry would be sent the other’s headers', entry.remoteUrl)
    : [];
}

/** Variable names that ToolHive derives from names can be the same for different entries. */
export function checkHeaderVariables(entry: McpServerEntry, { view }: Facts): Finding[] {
  if (entry.group === undefined) return [];
  const members = view.members(entry.group);
  return [...checkSecretVariables(entry, members.entries), ...checkManifestVariable(entry, members)];
}
