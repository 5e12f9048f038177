import { hash } from 'node:crypto';
import { relative, resolve, sep } from 'node:path';
import { STDIN } from '../../../catalog/manifests/manifest.ts';
import { oneLine } from '../../../text/line.ts';
import type { CheckItem, ItemFinding, LeveledFinding } from '../checkReport.ts';

/** A file as CI systems name it: below the working directory, which is the root of the checkout, with slashes. */
export function repositoryPath(file: string): string {
  if (file === STDIN) return 'stdin';
  const path = relative(process.cwd(), resolve(file));
  return (path.startsWith('..') ? file : path || '.').split(sep).join('/');
}

/** A path for an object in a report that is made of paths: that of its file, or one that names a stored object. */
export function pathOf({ file, namespace, kind, name }: CheckItem): string {
  return file === undefined ? oneLine(`cluster/${namespace}/${kind}/${name}`) : repositoryPath(file);
}

/** `file:line:column ` in front of a finding; empty for an object of a live cluster. */
export function placePrefix(file: string | undefined, { line, column }: ItemFinding): string {
  return file === undefined ? '' : `${oneLine(`${file}:${line}:${column}`)} `;
}

/**
 * An id for each finding that stays the same when lines are added above it, so that a CI system knows which findings are
 * new. Findings that have all in common are numbered.
 */
export function fingerprints(findings: readonly LeveledFinding[]): readonly string[] {
  const seen = new Map<string, number>();
  return findings.map(({ rule, field, item }) => {
    const { file, kind, namespace, name } = item;
    const path = file === undefined ? null : repositoryPath(file);
    const key = JSON.stringify([rule, path, kind, namespace, name, field]);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return hash('sha256', `${key} ${count}`);
  });
}

/** `MCPServerEntry apps/billing`. */
export function objectName({ kind, namespace, name }: LeveledFinding['item']): string {
  return oneLine(`${kind} ${namespace}/${name}`);
}
