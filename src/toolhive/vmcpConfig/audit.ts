import { firstOf, MAX_ITEMS } from '../../kubernetes/bounds.ts';
import { itemsAt, valueAt } from '../../kubernetes/record.ts';
import type { ConfigProblem } from './typeProblems.ts';

/** Source: `Validate` of toolhive v0.47.0, pkg/audit. */
const EVENT_TYPES = [
  'mcp_initialize',
  'mcp_tool_call',
  'mcp_tools_list',
  'mcp_resource_read',
  'mcp_resources_list',
  'mcp_prompt_get',
  'mcp_prompts_list',
  'mcp_notification',
  'mcp_ping',
  'mcp_logging',
  'mcp_completion',
  'mcp_roots_list_changed',
  'vmcp_workflow_started',
  'vmcp_workflow_completed',
  'vmcp_workflow_failed',
  'vmcp_workflow_timed_out',
  'vmcp_workflow_step_started',
  'vmcp_workflow_step_completed',
  'vmcp_workflow_step_failed',
  'vmcp_workflow_step_skipped',
  'mcp_request',
  'http_request',
];

const ONE_OF = `must be one of ${EVENT_TYPES.join(', ')}`;

const LEAST = { maxDataSize: 0, maxDelegationDepth: 1 } as const;

function* eventProblems(audit: unknown, list: string): Generator<ConfigProblem> {
  for (const [index, type] of itemsAt(audit, list))
    if (type !== null && typeof type !== 'object' && !EVENT_TYPES.includes(String(type)))
      yield { path: `audit.${list}[${index}]`, message: ONE_OF, stage: 'start' };
}

/** What ends the vMCP in its audit block, also when `enabled` is false. Of very many events that are none the first ones. */
export function auditProblems(audit: unknown): ConfigProblem[] {
  const ofLists = ['eventTypes', 'excludeEventTypes'].flatMap((list) =>
    firstOf(eventProblems(audit, list), MAX_ITEMS),
  );
  const ofNumbers = Object.entries(LEAST).flatMap(([name, least]): ConfigProblem[] => {
    const value = valueAt(audit, name);
    // The vMCP takes 0 for a depth that is not set.
    if (typeof value !== 'number' || value >= 0) return [];
    return [{ path: `audit.${name}`, message: `must be at least ${least}`, stage: 'start' }];
  });
  return [...ofLists, ...ofNumbers];
}
