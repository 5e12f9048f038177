import type { Catalog } from '../catalog/catalog.ts';

/** Older than this, the age of the catalog is worth a word in the audit log: a quiet healthy one is 20 s old at most. */
const STALE_MS = 30_000;

/** What the audit log says when the copy that a review relied on may be behind; empty while it is not. */
export function catalogAge(catalog: Catalog): { readonly catalog?: string } {
  const age = catalog.ageMs();
  if (age === undefined) return { catalog: 'not read yet' };
  return age > STALE_MS ? { catalog: `last contact ${Math.round(age / 1_000)}s ago` } : {};
}
