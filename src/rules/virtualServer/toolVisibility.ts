import { fieldsAt, itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { findEach } from '../findings/each.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { type LoneObject, warn } from '../rule.ts';

export const toolVisibilityRules = {
  'vmcp-prefix-without-workload': warn(
    'prefixFormat must contain {workload}, or tools of the same name hide each other.',
    'VirtualMCPServer',
  ),
  'vmcp-tool-filter-ignored': warn(
    'A tool filter must be one that hides what it is meant to hide.',
    'VirtualMCPServer',
  ),
};

const AGGREGATION = 'spec.config.aggregation';

/** Without the placeholder, two workloads with a tool of one name give one tool, and the order of a map decides which. */
export function checkPrefixFormat({ spec }: LoneObject): Finding[] {
  const strategy = valueAt(spec, 'config', 'aggregation', 'conflictResolution') ?? 'prefix';
  const format = textAt(spec, 'config', 'aggregation', 'conflictResolutionConfig', 'prefixFormat');
  if (strategy !== 'prefix' || format === undefined || format.includes('{workload}')) return [];
  return [
    invalid({
      rule: 'vmcp-prefix-without-workload',
      field: `${AGGREGATION}.conflictResolutionConfig.prefixFormat`,
      value: format,
      detail:
        'has no {workload}: where two backends have a tool of one name, only one of the two is served, and chance decides which; write for example {workload}_',
    }),
  ];
}

function filterFault(item: unknown): readonly [field: string, detail: string] | undefined {
  const filter = valueAt(item, 'filter');
  if (!Array.isArray(filter)) return undefined;
  if (filter.length === 0)
    return [
      'filter',
      'is empty, which hides no tool; set excludeAll: true to hide all tools of this workload',
    ];
  if (textAt(item, 'toolConfigRef', 'name') !== undefined)
    return [
      'toolConfigRef',
      'its filter is ignored, since this item has a filter of its own; keep one of the two',
    ];
  return undefined;
}

/** Filters that look as if they hid tools. */
export function checkToolFilters({ spec }: LoneObject): Finding[] {
  return findEach(itemsAt(fieldsAt(spec, 'config', 'aggregation'), 'tools'), ([index, item]) => {
    const fault = filterFault(item);
    if (fault === undefined) return [];
    const [field, detail] = fault;
    const key = textAt(item, 'workload') ?? String(index);
    return [
      invalid({
        rule: 'vmcp-tool-filter-ignored',
        field: {
          shown: `${AGGREGATION}.tools[${index}].${field}`,
          stable: `${AGGREGATION}.tools[${JSON.stringify(key)}].${field}`,
        },
        detail,
      }),
    ];
  });
}
