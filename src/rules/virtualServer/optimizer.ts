import { fieldsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { optimizerProblems } from '../../toolhive/vmcpConfig/optimizer.ts';
import { forbidden, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject } from '../rule.ts';
import { configFinding } from './configSections.ts';

export const optimizerRules = {
  'vmcp-config-optimizer': deny(
    'The optimizer must be set up so that the vMCP can start.',
    'VirtualMCPServer',
  ),
  'vmcp-authz-with-optimizer': deny(
    'Authorization policies and the optimizer must not be used together.',
    'VirtualMCPServer',
  ),
};

const OPTIMIZER = 'spec.config.optimizer';
/** Without a provider the operator needs to know where embeddings come from. Source: `Validate` of VirtualMCPServer. */
function serviceFindings(optimizer: unknown, managed: boolean): Finding[] {
  const named = textAt(optimizer, 'embeddingService') !== undefined || managed;
  if (named || valueAt(optimizer, 'embeddingProvider') === 'openai') return [];
  const detail =
    'the URL of an embedding service, or set spec.embeddingServerRef; without one ToolHive writes no configuration for this vMCP';
  return [required({ rule: 'vmcp-config-optimizer', field: `${OPTIMIZER}.embeddingService`, detail })];
}

/** A reference to an EmbeddingServer without its name. */
function embeddingServerFindings(spec: unknown): Finding[] {
  if (!fieldsAt(spec, 'embeddingServerRef') || textAt(spec, 'embeddingServerRef', 'name') !== undefined)
    return [];
  const detail = 'the name of an EmbeddingServer; without it ToolHive writes no configuration for this vMCP';
  return [required({ rule: 'vmcp-config-optimizer', field: 'spec.embeddingServerRef.name', detail })];
}

/** `spec.config.optimizer`, and the server of its embeddings. */
export function checkOptimizer({ spec }: LoneObject): Finding[] {
  const optimizer = fieldsAt(spec, 'config', 'optimizer');
  if (optimizer === undefined) return embeddingServerFindings(spec);
  const managed = fieldsAt(spec, 'embeddingServerRef') !== undefined;
  return [
    ...embeddingServerFindings(spec),
    ...optimizerProblems(optimizer).map((problem) => configFinding('vmcp-config-optimizer', problem)),
    ...serviceFindings(optimizer, managed),
  ];
}

/** The vMCP refuses the two together, since the optimizer would show tools that a policy hides. */
export function checkAuthzWithOptimizer({ spec }: LoneObject): Finding[] {
  const authz = ['authzConfig', 'authzConfigRef'].find((name) => fieldsAt(spec, 'incomingAuth', name));
  const optimizer = fieldsAt(spec, 'config', 'optimizer')
    ? OPTIMIZER
    : fieldsAt(spec, 'embeddingServerRef')
      ? 'spec.embeddingServerRef'
      : undefined;
  if (authz === undefined || optimizer === undefined) return [];
  const detail = `cannot be combined with ${optimizer}, which switches the optimizer on: the vMCP does not start with both; remove one of them`;
  // Whichever of the fields says so: removing one of two changes nothing.
  const field = { shown: `spec.incomingAuth.${authz}`, stable: 'spec.incomingAuth' };
  return [forbidden({ rule: 'vmcp-authz-with-optimizer', field, violations: [{ parts: [] }], detail })];
}
