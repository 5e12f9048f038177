import { type Catalog, STALE_MS } from '../catalog/catalog.ts';

/** What the audit log says when the copy that a review relied on may be behind; empty while it is not. */
export function catalogAge(catalog: Catalog, namespace: string): { readonly catalog?: string } {
  const age = catalog.ageMs(namespace);
  if (age === undefined) return { catalog: 'not read yet' };
  return age > STALE_MS ? { catalog: `last contact ${Math.round(age / 1_000)}s ago` } : {};
}
