import { isSet, matches, spec, when } from './cel.ts';
import { type CelRule, celRule } from './celRule.ts';
import { notDataKey, notObjectName } from './secrets.ts';

const ENTRY = ['MCPServerEntry'] as const;
/** `ca-bundle-` before it makes the 63 characters of a volume name. */
const MAX_PLAIN_NAME = 53;
const REF = ['caBundleRef', 'configMapRef'] as const;

/** The rules about entries, and about the names of members. */
export const entryRules: readonly CelRule[] = [
  celRule('ca-bundle-name', ENTRY, (root) => {
    const name = `${spec(root, ...REF, 'name')}.orValue("")`;
    return when(`${spec(root, ...REF)}.hasValue() && ${notObjectName(name)}`, name);
  }),
  celRule('ca-bundle-key', ENTRY, (root) => {
    const key = spec(root, ...REF, 'key');
    const written = `${key}.orValue("")`;
    return when(
      `${spec(root, ...REF)}.hasValue() && (!${key}.hasValue() || (${written} != "" && (${written}.contains("..") || ${notDataKey(written)})))`,
      written,
    );
  }),
  celRule('ca-bundle-optional', ENTRY, (root) => when(`${spec(root, ...REF, 'optional')}.orValue(false)`)),
  // Of a longer name ToolHive keeps a part and a hash, which CEL cannot compute.
  celRule('name-dotted-ca-bundle', ENTRY, (root) =>
    when(
      `${spec(root, ...REF)}.hasValue() && ${root}.metadata.name.size() <= ${MAX_PLAIN_NAME} && ${root}.metadata.name.contains(".")`,
    ),
  ),
  celRule('member-name-in-tool-names', ['MCPServer', 'MCPRemoteProxy'], (root) =>
    when(
      `${isSet(spec(root, 'groupRef', 'name'))} && (${root}.metadata.name.size() > 43 || ${root}.metadata.name.contains("."))`,
    ),
  ),
  celRule('workload-name-without-service', ['MCPServer', 'MCPRemoteProxy'], (root) =>
    when(
      `${root}.metadata.name.contains(".") || ${root}.metadata.name.size() > (${root}.kind == "MCPServer" ? 53 : 46)`,
    ),
  ),
  celRule('quantity-invalid', ['MCPServer', 'MCPRemoteProxy', 'EmbeddingServer'], (root) => {
    const places = [
      ...['limits', 'requests'].flatMap((part) => ['cpu', 'memory'].map((name) => ['resources', part, name])),
      ['modelCache', 'size'],
    ].map((path) => `${spec(root, ...path)}.orValue("")`);
    return `[${places.join(', ')}].filter(q, type(q) == string && q != "" && !isQuantity(q))`;
  }),
  celRule('session-storage-address', ['VirtualMCPServer', 'MCPServer', 'MCPRemoteProxy'], (root) => {
    const address = `${spec(root, 'sessionStorage', 'address')}.orValue("")`;
    return when(
      `${spec(root, 'sessionStorage', 'provider')}.orValue("") == "redis" && ${address} != "" && !${matches(address, ':[0-9]+$')}`,
      address,
    );
  }),
];
