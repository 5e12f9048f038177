import type { StoredKind } from '../toolhive/kinds.ts';
import { matches, type Root, spec } from './cel.ts';
import { type CelRule, celRule } from './celRule.ts';

const OBJECT_NAME = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const MAX_NAME = 253;

/** True when a text is not the name of an object. */
export function notObjectName(name: string): string {
  return `(${name}.size() > ${MAX_NAME} || !${matches(name, OBJECT_NAME)})`;
}

/** True when a text is not a key of a ConfigMap or Secret. */
export function notDataKey(key: string): string {
  return `(${key}.size() > ${MAX_NAME} || ${key} == "." || ${key}.startsWith("..") || !${matches(key, '^[-._a-zA-Z0-9]+$')})`;
}

const HOLDERS: readonly StoredKind[] = ['MCPServerEntry', 'MCPRemoteProxy', 'MCPExternalAuthConfig'];

/** Every reference to a key of a Secret, as a list. */
function references(root: Root): string {
  const single = [
    ['headerInjection', 'valueSecretRef'],
    ['tokenExchange', 'clientSecretRef'],
    ['xaa', 'idpClientSecretRef'],
    ['xaa', 'targetClientSecretRef'],
    ['bearerToken', 'tokenSecretRef'],
  ].map((path) => spec(root, ...path));
  const headers = `${spec(root, 'headerForward', 'addHeadersFromSecret')}.orValue([]).map(h, h.?valueSecretRef)`;
  return `([${single.join(', ')}] + ${headers}).filter(r, r.hasValue()).map(r, r.value())`;
}

/** The rules about references to Secrets. */
export const secretRules: readonly CelRule[] = [
  celRule(
    'secret-reference-invalid',
    HOLDERS,
    (root) =>
      `${references(root)}.filter(r, ${notObjectName('r.?name.orValue("")')} || ${notDataKey('r.?key.orValue("")')})`,
  ),
];
