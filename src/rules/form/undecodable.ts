import { shownKey } from '../../kubernetes/read.ts';
import { DECODED_FIELDS } from '../../toolhive/go/decodedFields.ts';
import { type DecodingProblem, decodingProblems, struct } from '../../toolhive/go/types.ts';
import { STORED_KINDS, type StoredKind } from '../../toolhive/kinds.ts';
import type { FieldPath } from '../findings/fieldPath.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny } from '../rule.ts';

/** The kinds with a `groupRef`, which was a text before April 2026. */
const GROUPED: readonly StoredKind[] = ['MCPServerEntry', 'MCPRemoteProxy', 'MCPServer', 'VirtualMCPServer'];
const GROUP_REF = struct({ groupRef: struct({ name: 'string' }) });

export const undecodableRules = {
  'undecodable-field': deny(
    "Every field must have a value that ToolHive's operator can decode.",
    ...STORED_KINDS.filter((kind) => DECODED_FIELDS[kind] !== undefined || GROUPED.includes(kind)),
  ),
};

/** A list item is known by its name, which a map of the item holds. Items without one are compared by their number. */
function itemKey(item: unknown): string {
  const { name, id } = (item ?? {}) as { readonly name?: unknown; readonly id?: unknown };
  return typeof name === 'string' ? name : typeof id === 'string' ? id : '';
}

/** A part of a path: a key, or `#2` for a key that must not be shown. */
function keyPart(shown: string): string {
  return shown.startsWith('#') ? `[${shown}]` : `.${shown}`;
}

function fieldOf(spec: unknown, path: DecodingProblem['path']): FieldPath {
  let value = spec;
  let shown = 'spec';
  let stable = 'spec';
  for (const segment of path) {
    const holder = value as Record<string | number, unknown>;
    value = holder[segment];
    shown += typeof segment === 'number' ? `[${segment}]` : keyPart(shownKey(segment, holder));
    stable += typeof segment === 'number' ? `[${JSON.stringify(itemKey(value))}]` : `.${segment}`;
  }
  return { shown, stable };
}

function toFinding(kind: StoredKind, spec: unknown, problem: DecodingProblem): Finding {
  const { path, error, remedy, value } = problem;
  return invalid({
    rule: 'undecodable-field',
    field: fieldOf(spec, path),
    value,
    detail:
      error === undefined
        ? `it is nested so deep that vmcp-admission does not look whether ToolHive's operator can decode it; ${remedy}`
        : `ToolHive's operator cannot decode it (${error}), and while one such object is stored, it reconciles no ${kind} in any namespace; ${remedy}`,
  });
}

/**
 * The fields of an object's spec that ToolHive's operator cannot decode although the API server stores them. One such object
 * ends its list of the kind, in all namespaces; after a restart the operator reconciles nothing of any kind.
 * @param raw the untrusted object, of any of ToolHive's kinds
 */
export function checkDecoding(kind: StoredKind, raw: unknown): readonly Finding[] {
  const type = DECODED_FIELDS[kind];
  if (type === undefined) return [];
  const { spec } = raw as { readonly spec?: unknown };
  return decodingProblems(spec, type).map((problem) => toFinding(kind, spec, problem));
}

/**
 * What the operator cannot decode of an object that was stored under earlier CRDs: a `groupRef` that is a text. Today's CRDs
 * refuse it in a write, but the API server returns the object as it is stored.
 */
export function checkStoredDecoding(kind: StoredKind, raw: unknown): readonly Finding[] {
  if (!GROUPED.includes(kind)) return [];
  const { spec } = raw as { readonly spec?: unknown };
  return decodingProblems(spec, GROUP_REF).map((problem) =>
    toFinding(kind, spec, { ...problem, remedy: 'write groupRef: {name: …}' }),
  );
}
