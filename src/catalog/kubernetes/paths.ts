import { PLURALS, TOOLHIVE_GROUP, TOOLHIVE_VERSIONS, type ToolhiveKind } from '../../toolhive/kinds.ts';

/** RFC 1123 subdomain, the form of every object name that the catalog reads; anything else cannot exist. */
const NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** True when an object can have the name. Names come from untrusted objects: `..` would be another path. */
export function isObjectName(name: string): boolean {
  return NAME.test(name) && !name.includes('..');
}

/** The URL paths of a kind's collection in every served version, the stored one first. */
export function collectionPaths(kind: ToolhiveKind, namespace: string | undefined): readonly string[] {
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return TOOLHIVE_VERSIONS.map((version) => `/apis/${TOOLHIVE_GROUP}/${version}${scope}/${PLURALS[kind]}`);
}

/** The URL path of a core/v1 object. */
export function corePath(plural: 'configmaps' | 'secrets', namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`;
}
