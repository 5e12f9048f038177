import { fieldsAt, isRecord, itemsAt, textAt } from '../../kubernetes/record.ts';
import { pathKey } from '../../text/line.ts';
import { aggregationProblems, operationalProblems } from '../../toolhive/vmcpConfig/sections.ts';
import { priorityProblems } from '../../toolhive/vmcpConfig/start.ts';
import type { ConfigProblem } from '../../toolhive/vmcpConfig/typeProblems.ts';
import { findEach } from '../findings/each.ts';
import { withoutPositions } from '../findings/fieldPath.ts';
import { counted, forbidden } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import type { RuleId } from '../index.ts';
import { deny, type LoneObject } from '../rule.ts';

export const configSectionRules = {
  'vmcp-config-operational': deny(
    'Time-outs and health checks must be ones that the vMCP accepts.',
    'VirtualMCPServer',
  ),
  'vmcp-config-aggregation': deny(
    'The aggregation of tools must be one that the vMCP accepts.',
    'VirtualMCPServer',
  ),
};

/** What a problem of the vMCP's own validator does, as the end of a sentence. */
const ENDS_VMCP = 'the vMCP refuses its whole configuration and does not start';

/** A problem in `spec.config`; a position in its path is not part of what an update is compared by. */
export function configFinding(
  rule: RuleId,
  { path, message, count }: ConfigProblem,
  effect = ENDS_VMCP,
): Finding {
  const field = withoutPositions(`spec.config.${path}`);
  return forbidden({ rule, field, ...counted(count), detail: `${message}; ${effect}` });
}

/** The CRD fills this in beside every other field of `failureHandling`; a manifest does not have it yet. */
const DEFAULT_TIMEOUT = '10s';

/** `spec.config.operational`: of time-outs and health checks that contradict each other the vMCP ends. */
export function checkOperational({ spec }: LoneObject): Finding[] {
  const operational = fieldsAt(spec, 'config', 'operational');
  const failure = fieldsAt(operational, 'failureHandling');
  const defaulted = failure && {
    ...failure,
    healthCheckTimeout: failure.healthCheckTimeout ?? DEFAULT_TIMEOUT,
  };
  const problems = operationalProblems({
    ...operational,
    ...(defaulted && { failureHandling: defaulted }),
  });
  return findEach(problems, (problem) => [configFinding('vmcp-config-operational', problem)]);
}

/** The aggregation as the operator writes it: it fills in the strategy and the prefix, which only that strategy reads. */
function writtenAggregation(aggregation: Readonly<Record<string, unknown>>): unknown {
  const conflictResolution = aggregation.conflictResolution || 'prefix';
  const given = fieldsAt(aggregation, 'conflictResolutionConfig') ?? {};
  const conflictResolutionConfig = { ...given, prefixFormat: given.prefixFormat ?? '{workload}_' };
  return { ...aggregation, conflictResolution, conflictResolutionConfig };
}

/** The operator and the vMCP dereference these. */
function nullProblems(aggregation: unknown): ConfigProblem[] {
  const message = 'must not be null';
  return itemsAt(aggregation, 'tools').flatMap(([index, item]): ConfigProblem[] => {
    const path = `aggregation.tools[${index}]`;
    if (!isRecord(item)) return [{ path, message }];
    const overrides = fieldsAt(item, 'overrides') ?? {};
    return Object.keys(overrides)
      .filter((tool) => overrides[tool] === null)
      .map((tool) => ({ path: `${path}.overrides[${pathKey(tool)}]`, message }));
  });
}

/** References to an MCPToolConfig without its name. The operator refuses them. */
function toolConfigProblems(aggregation: unknown): ConfigProblem[] {
  return itemsAt(aggregation, 'tools').flatMap(([index, item]) =>
    fieldsAt(item, 'toolConfigRef') !== undefined && textAt(item, 'toolConfigRef', 'name') === undefined
      ? [{ path: `aggregation.tools[${index}].toolConfigRef.name`, message: 'must not be empty' }]
      : [],
  );
}

/** `spec.config.aggregation`: strategies without what they need, workloads twice, overrides of nothing. */
export function checkAggregation({ spec }: LoneObject): Finding[] {
  const aggregation = fieldsAt(spec, 'config', 'aggregation');
  if (aggregation === undefined) return [];
  const nulls = nullProblems(aggregation);
  const written = writtenAggregation(aggregation);
  const problems =
    nulls.length > 0
      ? nulls
      : [
          ...aggregationProblems(written),
          ...priorityProblems({ aggregation: written }),
          ...toolConfigProblems(aggregation),
        ];
  return findEach(problems, (problem) => [configFinding('vmcp-config-aggregation', problem)]);
}
