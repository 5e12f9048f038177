import { isQuantity } from '../../kubernetes/quantity.ts';
import { textAt } from '../../kubernetes/record.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject } from '../rule.ts';

export const quantityRules = {
  'quantity-invalid': deny(
    'CPU, memory and storage must be Kubernetes quantities.',
    'MCPServer',
    'MCPRemoteProxy',
    'EmbeddingServer',
  ),
};

const PATHS = [
  ...['limits', 'requests'].flatMap((part) => ['cpu', 'memory'].map((name) => ['resources', part, name])),
  ['modelCache', 'size'],
];

/** The CRDs take any text here, and ToolHive's operator panics on what it cannot parse, each time that it tries again. */
export function checkQuantities({ spec }: LoneObject): Finding[] {
  return PATHS.flatMap((path) => {
    const value = textAt(spec, ...path);
    if (value === undefined || isQuantity(value)) return [];
    return [
      invalid({
        rule: 'quantity-invalid',
        field: `spec.${path.join('.')}`,
        value,
        detail:
          "must be a Kubernetes quantity such as 500m, 64Mi or 10Gi: ToolHive's operator panics on any other text, and never makes this object's Pods",
      }),
    ];
  });
}
