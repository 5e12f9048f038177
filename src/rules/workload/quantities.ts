import { isQuantity, quantityAmount } from '../../kubernetes/quantity.ts';
import { textAt } from '../../kubernetes/record.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject } from '../rule.ts';

export const quantityRules = {
  'quantity-invalid': deny(
    'CPU, memory and storage must be Kubernetes quantities, no request more than its limit.',
    'MCPServer',
    'MCPRemoteProxy',
    'EmbeddingServer',
  ),
};

const PATHS = [
  ...['limits', 'requests'].flatMap((part) => ['cpu', 'memory'].map((name) => ['resources', part, name])),
  ['modelCache', 'size'],
];

/** The amount at a path; undefined where there is none, or no quantity. */
function amountAt(spec: unknown, path: readonly string[]): number | undefined {
  return quantityAmount(textAt(spec, ...path) ?? '');
}

/** What the API server refuses of the Deployment or StatefulSet that the operator makes. */
function fault(spec: unknown, path: readonly string[]): string | undefined {
  const [, part, name = ''] = path;
  const amount = amountAt(spec, path);
  if (amount === undefined) return undefined;
  if (amount < 0) return 'must not be negative';
  if (part === 'size' && amount === 0) return 'must be more than 0';
  const limit = part === 'requests' ? amountAt(spec, ['resources', 'limits', name]) : undefined;
  return amount > (limit ?? Infinity) ? `must not be more than resources.limits.${name}` : undefined;
}

function quantityFinding(path: readonly string[], value: string, detail: string): Finding {
  return invalid({ rule: 'quantity-invalid', field: `spec.${path.join('.')}`, value, detail });
}

/** The CRDs take any text here, and ToolHive's operator panics on what it cannot parse, each time that it tries again. */
export function checkQuantities({ spec }: LoneObject): Finding[] {
  return PATHS.flatMap((path) => {
    const value = textAt(spec, ...path);
    if (value === undefined) return [];
    if (!isQuantity(value))
      return [
        quantityFinding(
          path,
          value,
          "must be a Kubernetes quantity such as 500m, 64Mi or 10Gi: ToolHive's operator panics on any other text, and never makes this object's Pods",
        ),
      ];
    const why = fault(spec, path);
    return why === undefined
      ? []
      : [
          quantityFinding(
            path,
            value,
            `${why}: the API server refuses what ToolHive makes of it, so there are no Pods`,
          ),
        ];
  });
}
