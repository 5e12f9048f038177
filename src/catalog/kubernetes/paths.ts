import { PLURALS, TOOLHIVE_GROUP, TOOLHIVE_VERSIONS, type ToolhiveKind } from '../../toolhive/kinds.ts';

/** The URL paths of a kind's collection in every served version, the stored one first. */
export function collectionPaths(kind: ToolhiveKind, namespace: string | undefined): readonly string[] {
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return TOOLHIVE_VERSIONS.map((version) => `/apis/${TOOLHIVE_GROUP}/${version}${scope}/${PLURALS[kind]}`);
}

/** The URL path of a core/v1 object. */
export function corePath(plural: 'configmaps' | 'secrets', namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`;
}
