import type { Metadata } from '../kubernetes/metadata.ts';

const MAX_NAMED = 5;

/** `MCPServerEntry "a", VirtualMCPServer "b" and 3 more`. */
export function namedObjects(
  objects: readonly { readonly kind: string; readonly metadata: Metadata }[],
): string {
  const named = objects
    .slice(0, MAX_NAMED)
    .map(({ kind, metadata }) => `${kind} "${metadata.name}"`)
    .join(', ');
  return objects.length > MAX_NAMED ? `${named} and ${objects.length - MAX_NAMED} more` : named;
}
