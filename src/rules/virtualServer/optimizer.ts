import { fieldsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { isHeaderToken } from '../../toolhive/headerNames.ts';
import { forbidden, invalid, required } from '../finding.ts';
import { deny, type LoneObject } from '../rule.ts';
import type { Finding } from '../verdict.ts';

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
const RANGES = { hybridSearchSemanticRatio: 1, semanticDistanceThreshold: 2 } as const;

function rangeFindings(optimizer: unknown): Finding[] {
  return Object.entries(RANGES).flatMap(([name, most]) => {
    const text = textAt(optimizer, name);
    if (text === undefined || (Number(text) >= 0 && Number(text) <= most)) return [];
    return [
      invalid({
        rule: 'vmcp-config-optimizer',
        field: `${OPTIMIZER}.${name}`,
        value: text,
        detail: `must be a number from 0 to ${most}; the vMCP does not start otherwise`,
      }),
    ];
  });
}

/** Where embeddings come from. Source: `Validate` of VirtualMCPServer and `GetAndValidateConfig` of toolhive v0.47.0. */
function serviceFindings(optimizer: unknown, managed: boolean): Finding[] {
  const say = (field: string, detail: string) =>
    required({ rule: 'vmcp-config-optimizer', field: `${OPTIMIZER}.${field}`, detail });
  const service = textAt(optimizer, 'embeddingService');
  if (valueAt(optimizer, 'embeddingProvider') !== 'openai')
    return service || managed
      ? []
      : [
          say(
            'embeddingService',
            'the URL of an embedding service, or set spec.embeddingServerRef; without one ToolHive writes no configuration for this vMCP',
          ),
        ];
  const missing = ['embeddingService', 'embeddingModel'].filter((field) => !textAt(optimizer, field));
  return missing.map((field) =>
    say(field, 'needed by the provider openai; the vMCP does not start without it'),
  );
}

const NEVER_SENT = new Set(['authorization', 'content-type']);

function headerFindings(optimizer: unknown): Finding[] {
  const names = Object.keys(fieldsAt(optimizer, 'embeddingHeaders') ?? {});
  if (names.length === 0) return [];
  const say = (detail: string) =>
    forbidden({ rule: 'vmcp-config-optimizer', field: `${OPTIMIZER}.embeddingHeaders`, detail });
  const ends = 'the vMCP does not start otherwise';
  if (valueAt(optimizer, 'embeddingProvider') !== 'openai')
    return [say(`only works with the provider openai; ${ends}`)];
  const bad = names.filter((name) => !isHeaderToken(name) || NEVER_SENT.has(name.toLowerCase()));
  return bad.length === 0
    ? []
    : [
        say(
          `${bad.length} of ${names.length} names are not HTTP header names, or Authorization or Content-Type; ${ends}`,
        ),
      ];
}

/** `spec.config.optimizer`. */
export function checkOptimizer({ spec }: LoneObject): Finding[] {
  const optimizer = fieldsAt(spec, 'config', 'optimizer');
  if (optimizer === undefined) return [];
  const managed = fieldsAt(spec, 'embeddingServerRef') !== undefined;
  return [...rangeFindings(optimizer), ...serviceFindings(optimizer, managed), ...headerFindings(optimizer)];
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
  return [forbidden({ rule: 'vmcp-authz-with-optimizer', field: `spec.incomingAuth.${authz}`, detail })];
}
