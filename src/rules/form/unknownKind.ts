import { quoted } from '../../text/line.ts';
import { STORED_KINDS } from '../../toolhive/kinds.ts';
import { misspelling } from '../../toolhive/lookalike.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny } from '../rule.ts';

export const unknownKindRules = {
  'unknown-kind': deny("An object must have a kind and an API group of ToolHive's CRDs.", ...STORED_KINDS),
};

/**
 * What is wrong with the kind or the API group of an object that is meant as one of ToolHive's. Only `check` asks for it:
 * the API server refuses such an object, or stores it as one of another API.
 */
export function checkKind({
  apiVersion,
  kind,
}: {
  readonly apiVersion: string;
  readonly kind: string;
}): Finding[] {
  const wrong = misspelling({ apiVersion, kind });
  if (wrong === undefined) return [];
  const { field, meant } = wrong;
  const hint =
    meant === undefined
      ? `known are ${STORED_KINDS.join(', ')}`
      : `did you mean ${quoted(meant.kind)} of ${quoted(meant.apiVersion)}?`;
  const detail = `ToolHive has no ${quoted(kind)} of ${quoted(apiVersion)}; ${hint}`;
  return [invalid({ rule: 'unknown-kind', field, detail })];
}
