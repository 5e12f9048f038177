import { fieldPath } from '../../kubernetes/read.ts';
import { valueAt } from '../../kubernetes/record.ts';
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
  return [...nullLists(spec), ...undecodable(kind, spec)];
}

/** ToolHive merges the template into its own, where null takes its volumes and containers away. */
function nullLists(spec: LoneObject['spec']): Finding[] {
  return ['volumes', 'containers']
    .filter((list) => valueAt(spec, 'podTemplateSpec', 'spec', list) === null)
    .map((list) =>
      invalid({
        rule: 'pod-template-invalid',
        field: `spec.podTemplateSpec.spec.${list}`,
        detail: `must not be null: that removes the ${list} which ToolHive needs, and the API server refuses the workload; remove the field`,
      }),
    );
}

function undecodable(kind: LoneObject['kind'], spec: LoneObject['spec']): Finding[] {
  return decodingProblems(spec.podTemplateSpec, POD_TEMPLATE).map(({ path, error, remedy, value }) =>
    invalid({
      rule: 'pod-template-invalid',
      field: withoutPositions(fieldPath(['spec', 'podTemplateSpec', ...path], { spec })),
      value,
      detail: `${error ?? 'is nested too deep'}; ${effect(kind)}; ${remedy}`,
    }),
  );
}
