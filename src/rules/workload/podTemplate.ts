import { fieldPath } from '../../kubernetes/read.ts';
import { POD_TEMPLATE } from '../../toolhive/go/podTemplate.ts';
import { decodingProblems } from '../../toolhive/go/types.ts';
import { withoutPositions } from '../findings/fieldPath.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject } from '../rule.ts';

export const podTemplateRules = {
  'pod-template-invalid': deny(
    'A podTemplateSpec must be one that Kubernetes can read.',
    'VirtualMCPServer',
    'MCPServer',
    'MCPRemoteProxy',
    'EmbeddingServer',
  ),
};

/** What the operator does with a template that it cannot read. */
function effect(kind: LoneObject['kind']): string {
  return kind === 'EmbeddingServer'
    ? 'ToolHive ignores the whole template'
    : 'ToolHive marks this object Failed and makes no Pod for it';
}

/** The CRDs take anything here, and the operator reads it with the Go type of a Pod template. */
export function checkPodTemplate({ kind, spec }: LoneObject): Finding[] {
  return decodingProblems(spec.podTemplateSpec, POD_TEMPLATE).map(({ path, error, remedy, value }) =>
    invalid({
      rule: 'pod-template-invalid',
      field: withoutPositions(fieldPath(['spec', 'podTemplateSpec', ...path], { spec })),
      ...(value !== undefined && { value }),
      detail: `${error ?? 'is nested too deep'}; ${effect(kind)}; ${remedy}`,
    }),
  );
}
