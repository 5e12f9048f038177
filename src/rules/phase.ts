import { ENTRY_PHASES, type McpServerEntry } from '../toolhive/models/serverEntry.ts';
import { forbidden, invalid, notSupported } from './findings/finding.ts';
import type { Finding } from './findings/verdict.ts';
import { deny, warn } from './rule.ts';

export const phaseRules = {
  'phase-unknown': deny('The phase must be Valid, Pending or Failed.', 'MCPServerEntry (status)'),
  'phase-future-generation': deny(
    'observedGeneration must not be greater than metadata.generation.',
    'MCPServerEntry (status)',
  ),
  'phase-valid-of-denied-spec': deny(
    'An entry must not become Valid while its spec is denied.',
    'MCPServerEntry (status)',
  ),
  'phase-kept-valid': warn(
    'An entry that is Valid must have a spec that would not be denied today.',
    'MCPServerEntry (status)',
  ),
  'phase-stale': warn('The phase Valid must be of the current generation.', 'MCPServerEntry (status)'),
};

const PHASE = 'status.phase';
const GENERATION = 'status.observedGeneration';

/**
 * The phase is a claim, not a proof. A *transition* to `Valid` is denied while the spec is denied, so that no controller
 * makes such an entry servable. An unchanged `Valid` is a warning, since denying it would freeze the object.
 * @param specDenial the first denial of the entry's own spec, if there is one
 * @param wasValid the phase before the write; false when it is not known
 */
export function checkValid(isValid: boolean, wasValid: boolean, specDenial: Finding | undefined): Finding[] {
  if (!isValid || specDenial === undefined) return [];
  const because = `${specDenial.field}: ${specDenial.detail}`;
  if (wasValid)
    return [
      forbidden({
        rule: 'phase-kept-valid',
        field: PHASE,
        detail: `Valid, though the spec would be denied today, so new vMCP Pods exclude this entry: ${because}`,
      }),
    ];
  return [
    forbidden({
      rule: 'phase-valid-of-denied-spec',
      field: PHASE,
      detail: `must not become Valid while the spec would be denied: ${because}`,
    }),
  ];
}

/** The status of an entry, as a controller writes it or a manifest carries it. */
export function checkPhase(
  entry: McpServerEntry,
  old: McpServerEntry | undefined,
  specDenial: Finding | undefined,
): Finding[] {
  const { status } = entry;
  if (status === undefined) return [];
  const findings: Finding[] = [];
  const { phase, observedGeneration } = status;
  const { generation } = entry.metadata;
  if (phase !== undefined && !ENTRY_PHASES.some((known) => known === phase))
    findings.push(notSupported({ rule: 'phase-unknown', field: PHASE, value: phase }, ENTRY_PHASES));
  if (observedGeneration !== undefined && generation !== undefined && observedGeneration > generation)
    findings.push(
      invalid({
        rule: 'phase-future-generation',
        field: GENERATION,
        value: String(observedGeneration),
        detail: `must be at most metadata.generation, which is ${generation}: a later one cannot have been observed`,
      }),
    );
  else if (
    phase === 'Valid' &&
    observedGeneration !== undefined &&
    generation !== undefined &&
    observedGeneration < generation
  )
    findings.push(
      invalid({
        rule: 'phase-stale',
        field: PHASE,
        value: phase,
        detail: `Valid is of generation ${observedGeneration}, the spec is of generation ${generation}: the changes in between have not been reconciled`,
      }),
    );
  findings.push(...checkValid(phase === 'Valid', old?.status?.phase === 'Valid', specDenial));
  return findings;
}
