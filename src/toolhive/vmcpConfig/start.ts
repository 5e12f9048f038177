import { fieldsAt, itemsAt, scalarAt, valueAt } from '../../kubernetes/record.ts';
import { parseGoDuration } from '../../text/goDuration.ts';
import { auditProblems } from './audit.ts';
import { cedarProblems } from './cedar.ts';
import { optimizerProblems } from './optimizer.ts';
import type { ConfigProblem } from './typeProblems.ts';

function problem(path: string, message: string): ConfigProblem {
  return { path, message, stage: 'start' };
}

/** The vMCP takes no optimizer beside policies, which it would pass by. */
function authzProblems(config: unknown): ConfigProblem[] {
  const type = scalarAt(config, 'incomingAuth', 'type') ?? '';
  const problems: ConfigProblem[] = [];
  const policies = itemsAt(config, 'incomingAuth', 'authz', 'policies').length > 0;
  const isCedar = scalarAt(config, 'incomingAuth', 'authz', 'type') === 'cedar';
  if (isCedar && policies && fieldsAt(config, 'optimizer'))
    problems.push(problem('incomingAuth.authz', 'cannot be combined with optimizer'));
  if (isCedar && scalarAt(config, 'incomingAuth', 'authz', 'primaryUpstreamProvider') && type !== 'oidc')
    problems.push(problem('incomingAuth.authz.primaryUpstreamProvider', 'needs incomingAuth.type oidc'));
  const authz = fieldsAt(config, 'incomingAuth', 'authz');
  return isCedar ? [...problems, ...cedarProblems(authz, 'incomingAuth.authz')] : problems;
}

function bucketProblems(bucket: unknown, path: string): ConfigProblem[] {
  if (!fieldsAt(bucket)) return [];
  const tokens = valueAt(bucket, 'maxTokens');
  const period = parseGoDuration(scalarAt(bucket, 'refillPeriod', 'duration') ?? '0');
  return [
    ...(typeof tokens === 'number' && tokens >= 1
      ? []
      : [problem(`${path}.maxTokens`, 'must be at least 1')]),
    ...(period.ok && period.nanoseconds > 0n ? [] : [problem(`${path}.refillPeriod`, 'must be more than 0')]),
  ];
}

function rateLimitProblems(config: unknown): ConfigProblem[] {
  const limiting = fieldsAt(config, 'rateLimiting');
  if (limiting === undefined) return [];
  if (scalarAt(config, 'sessionStorage', 'provider') !== 'redis')
    return [problem('rateLimiting', 'needs sessionStorage with provider redis')];
  const scopes = [
    ['rateLimiting', limiting] as const,
    ...itemsAt(limiting, 'tools').map(([index, tool]) => [`rateLimiting.tools[${index}]`, tool] as const),
  ];
  return scopes.flatMap(([path, scope]) =>
    ['shared', 'perUser'].flatMap((name) => bucketProblems(valueAt(scope, name), `${path}.${name}`)),
  );
}

/** Where sessions are kept: in memory, or in a Redis with an address. */
function sessionProblems(config: unknown): ConfigProblem[] {
  const provider = scalarAt(config, 'sessionStorage', 'provider') ?? 'memory';
  if (/^memory$/i.test(provider)) return [];
  if (provider !== 'redis') return [problem('sessionStorage.provider', 'must be "memory" or "redis"')];
  if (scalarAt(config, 'sessionStorage', 'address') !== undefined) return [];
  return [problem('sessionStorage.address', 'is required with provider redis')];
}

/** Telemetry needs a name of its service, and an endpoint something to send. */
function telemetryProblems(config: unknown): ConfigProblem[] {
  const telemetry = fieldsAt(config, 'telemetry');
  if (telemetry === undefined) return [];
  const named = scalarAt(telemetry, 'serviceName') !== undefined;
  const problems = named ? [] : [problem('telemetry.serviceName', 'is required')];
  const on = (field: string) =>
    ['true', 'yes', 'on', 'y'].includes(`${scalarAt(telemetry, field)}`.toLowerCase());
  if (scalarAt(telemetry, 'endpoint') !== undefined && !on('tracingEnabled') && !on('metricsEnabled'))
    problems.push(problem('telemetry.endpoint', 'needs tracingEnabled or metricsEnabled'));
  return problems;
}

/** Names in the order of the strategy `priority`. */
export function priorityProblems(config: unknown): ConfigProblem[] {
  if (scalarAt(config, 'aggregation', 'conflictResolution') !== 'priority') return [];
  const path = 'aggregation.conflictResolutionConfig.priorityOrder';
  return itemsAt(config, 'aggregation', 'conflictResolutionConfig', 'priorityOrder').flatMap(
    ([index, name]) => (name === '' ? [problem(`${path}[${index}]`, 'must not be empty')] : []),
  );
}

/**
 * What ends the vMCP when it builds its server from a config that its loader and validator take. Not what needs a network or
 * a file. Composite tools are judged apart. Source: `Serve` of toolhive v0.47.0, pkg/vmcp/cli; held against it by test/contract.
 */
export function startProblems(config: unknown): ConfigProblem[] {
  const optimizer = fieldsAt(config, 'optimizer');
  return [
    ...priorityProblems(config),
    ...telemetryProblems(config),
    ...(optimizer ? optimizerProblems(optimizer) : []),
    ...authzProblems(config),
    ...rateLimitProblems(config),
    ...sessionProblems(config),
    ...auditProblems(valueAt(config, 'audit')),
  ];
}
