import { textAt, valueAt } from '../../kubernetes/record.ts';
import type { StoredKind } from '../../toolhive/kinds.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { warn } from '../rule.ts';

export const staleUrlRules = {
  'status-url-stays': warn(
    'After a change of port or transport, status.url must be made anew.',
    'MCPServer',
    'MCPRemoteProxy',
    'EmbeddingServer',
  ),
};

/** What goes into the URL of each kind. */
const IN_URL: { readonly [K in StoredKind]?: readonly string[] } = {
  MCPServer: ['proxyPort', 'transport', 'proxyMode'],
  MCPRemoteProxy: ['proxyPort'],
  EmbeddingServer: ['port'],
};

/**
 * The operator computes `status.url` only while it is empty, so an update of what is in it leaves backends with the old URL.
 * @param before the untrusted object before the update
 */
export function checkStaleUrl(kind: StoredKind, before: unknown, after: unknown): Finding[] {
  const url = textAt(before, 'status', 'url');
  if (url === undefined) return [];
  return (IN_URL[kind] ?? [])
    .filter((field) => valueAt(before, 'spec', field) !== valueAt(after, 'spec', field))
    .map((field) =>
      invalid({
        rule: 'status-url-stays',
        field: `spec.${field}`,
        detail: `changes, but ToolHive keeps status.url (${url}) and vMCPs call the old address; delete and create the object, or empty its status.url`,
      }),
    );
}
