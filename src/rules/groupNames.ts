import { remember } from '../remember.ts';
import { headerManifestEnv, operatorCaVolumeName, operatorSecretHeaderEnv } from '../toolhive/names.ts';
import type { McpServerEntry } from '../toolhive/serverEntry.ts';

/** A variable that the operator makes for a secret header, with the field of its header. */
export interface HeaderVariable {
  readonly variable: string;
  readonly header: string;
  readonly field: string;
}

/** The names that ToolHive derives from the entries of one group; whoever shares one is in the same list, in order. */
export interface GroupNames {
  readonly volumes: ReadonlyMap<string, readonly McpServerEntry[]>;
  readonly manifests: ReadonlyMap<string, readonly McpServerEntry[]>;
  readonly secrets: ReadonlyMap<
    string,
    readonly { readonly entry: McpServerEntry; readonly header: string }[]
  >;
}

/** The variables that the operator makes for the secret headers of an entry. */
export function secretHeaderVariables(entry: McpServerEntry): HeaderVariable[] {
  const variables: HeaderVariable[] = [];
  for (const [index, { headerName, secret }] of entry.headers?.fromSecret.entries() ?? []) {
    if (secret === undefined) continue;
    variables.push({
      variable: operatorSecretHeaderEnv(headerName, entry.metadata.name),
      header: headerName,
      field: `spec.headerForward.addHeadersFromSecret[${index}].headerName`,
    });
  }
  return variables;
}

function append<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/**
 * The derived names of a group, made once per list of members: the catalog gives a new list when a member changes. A
 * review of one entry then costs the same in a group of ten and of a thousand.
 */
export const groupNames: (entries: readonly McpServerEntry[]) => GroupNames = remember((entries) => {
  const volumes = new Map<string, McpServerEntry[]>();
  const manifests = new Map<string, McpServerEntry[]>();
  const secrets = new Map<string, { entry: McpServerEntry; header: string }[]>();
  for (const entry of entries) {
    const { name } = entry.metadata;
    if (entry.caBundle !== undefined) append(volumes, operatorCaVolumeName(name), entry);
    append(manifests, headerManifestEnv(name), entry);
    for (const { variable, header } of secretHeaderVariables(entry))
      append(secrets, variable, { entry, header });
  }
  return { volumes, manifests, secrets };
});

/** The first member of other kinds for each manifest variable. */
export const manifestNames: (
  members: readonly { readonly kind: string; readonly metadata: { readonly name: string } }[],
) => ReadonlyMap<string, { readonly kind: string; readonly name: string }> = remember((members) => {
  const first = new Map<string, { kind: string; name: string }>();
  for (const { kind, metadata } of members) {
    const variable = headerManifestEnv(metadata.name);
    if (!first.has(variable)) first.set(variable, { kind, name: metadata.name });
  }
  return first;
});
