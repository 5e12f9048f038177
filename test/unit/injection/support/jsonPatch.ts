import type { JsonPatch } from '../../../../src/admission/jsonPatch.ts';

type Container = Record<string, unknown> | unknown[];

function segments(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function parentOf(root: unknown, path: readonly string[]): Container {
  let value = root as Container;
  for (const segment of path.slice(0, -1)) {
    const next = Array.isArray(value) ? value[Number(segment)] : value[segment];
    if (typeof next !== 'object' || next === null) throw new Error(`no ${segment} in /${path.join('/')}`);
    value = next as Container;
  }
  return value;
}

/** Applies a JSON Patch as RFC 6902 says, strictly: a path that is not there is an error. The input stays as it is. */
export function applyPatch(document: unknown, patch: JsonPatch): unknown {
  const root: unknown = structuredClone(document);
  for (const operation of patch) {
    const path = segments(operation.path);
    const last = path.at(-1) ?? '';
    const parent = parentOf(root, path);
    const value = operation.op === 'remove' ? undefined : structuredClone(operation.value);
    if (Array.isArray(parent)) {
      const index = last === '-' ? parent.length : Number(last);
      const limit = operation.op === 'add' ? parent.length : parent.length - 1;
      if (!Number.isInteger(index) || index < 0 || index > limit)
        throw new Error(`no index ${operation.path}`);
      if (operation.op === 'add') parent.splice(index, 0, value);
      else if (operation.op === 'remove') parent.splice(index, 1);
      else parent[index] = value;
    } else {
      if (operation.op !== 'add' && !Object.hasOwn(parent, last))
        throw new Error(`no member ${operation.path}`);
      if (operation.op === 'remove') delete parent[last];
      else parent[last] = value;
    }
  }
  return root;
}
