import { firstOf, MAX_ITEMS } from '../../kubernetes/bounds.ts';
import { isRecord } from '../../kubernetes/record.ts';
import { parseGoDuration } from '../../text/goDuration.ts';
import { pathKey } from '../../text/line.ts';
import { canonicalHeader, isHeaderToken, isRestrictedHeader } from '../headerNames.ts';
import { caPathFault } from './backends.ts';
import { type ConfigProblem, textOf } from './typeProblems.ts';

/**
 * Sections of a config whose values have the right types, each judged as the vMCP's validator does. Defaults that the
 * loader fills in count. Source: `DefaultValidator` and `EnsureOperationalDefaults` of toolhive v0.47.0.
 */
type Fields = Readonly<Record<string, unknown>>;

const SECOND = 1_000_000_000n;
const INCOMING_TYPES = ['oidc', 'local', 'anonymous'];
const STRATEGIES = ['prefix', 'priority', 'manual'];
const NEVER_PASSED = new Set(['Authorization', 'Cookie']);

function fieldsOf(value: unknown): Fields | undefined {
  return isRecord(value) ? value : undefined;
}

/** The items of a list with their places. The loader drops nulls. Source: `sequence` of gopkg.in/yaml.v3. */
function itemsOf(value: unknown): (readonly [index: number, item: unknown])[] {
  return Array.isArray(value) ? [...value.entries()].filter(([, item]) => item !== null) : [];
}

function oneOf(names: readonly string[]): string {
  return `must be one of ${names.join(', ')}`;
}

function oidcProblems(value: unknown): ConfigProblem[] {
  const oidc = fieldsOf(value);
  const path = 'incomingAuth.oidc';
  if (!oidc) return [{ path, message: 'is required for type "oidc"' }];
  const empty = ['issuer', 'audience'].find((field) => !textOf(oidc[field]));
  if (empty) return [{ path: `${path}.${empty}`, message: 'must not be empty' }];
  const ca = textOf(oidc.caBundlePath);
  const message = ca ? caPathFault(ca) : undefined;
  return message === undefined ? [] : [{ path: `${path}.caBundlePath`, message }];
}

function authzProblems(value: unknown): ConfigProblem[] {
  const authz = fieldsOf(value);
  if (!authz) return [];
  const type = textOf(authz.type) ?? '';
  if (!['cedar', 'none'].includes(type))
    return [{ path: 'incomingAuth.authz.type', message: oneOf(['cedar', 'none']) }];
  if (type === 'none' || itemsOf(authz.policies).length > 0) return [];
  return [{ path: 'incomingAuth.authz.policies', message: 'must not be empty for type "cedar"' }];
}

export function incomingAuthProblems(value: unknown): ConfigProblem[] {
  const auth = fieldsOf(value);
  if (!auth) return [{ path: 'incomingAuth', message: 'is required' }];
  const type = textOf(auth.type) ?? '';
  if (!INCOMING_TYPES.includes(type)) return [{ path: 'incomingAuth.type', message: oneOf(INCOMING_TYPES) }];
  return [...(type === 'oidc' ? oidcProblems(auth.oidc) : []), ...authzProblems(auth.authz)];
}

/** What a conflict resolution needs beside its name. */
function resolutionProblems(aggregation: Fields, resolution: string): ConfigProblem[] {
  const path = 'aggregation.conflictResolutionConfig';
  const config = fieldsOf(aggregation.conflictResolutionConfig);
  if (!config) return [{ path, message: 'is required' }];
  if (resolution === 'prefix' && !textOf(config.prefixFormat))
    return [{ path: `${path}.prefixFormat`, message: 'must not be empty for "prefix"' }];
  if (resolution === 'priority' && itemsOf(config.priorityOrder).length === 0)
    return [{ path: `${path}.priorityOrder`, message: 'must not be empty for "priority"' }];
  if (resolution === 'manual' && itemsOf(aggregation.tools).length === 0)
    return [{ path: 'aggregation.tools', message: 'must not be empty for "manual"' }];
  return [];
}

/** Under `deny`, a workload that wins a tool's name by priority must have tools of its own listed. */
function visibilityProblems(aggregation: Fields, resolution: string): ConfigProblem[] {
  const visibility = textOf(aggregation.defaultToolVisibility) ?? '';
  if (!['', 'allow', 'deny'].includes(visibility))
    return [{ path: 'aggregation.defaultToolVisibility', message: oneOf(['allow', 'deny']) }];
  if (visibility !== 'deny' || resolution !== 'priority') return [];
  const listed = new Set(itemsOf(aggregation.tools).map(([, item]) => textOf(fieldsOf(item)?.workload)));
  return itemsOf(fieldsOf(aggregation.conflictResolutionConfig)?.priorityOrder).flatMap(([index, item]) => {
    const path = `aggregation.conflictResolutionConfig.priorityOrder[${index}]`;
    const message = 'needs an item in aggregation.tools, since defaultToolVisibility is "deny"';
    return listed.has(textOf(item)) ? [] : [{ path, message }];
  });
}

function* overrideProblems(item: unknown, path: string): Generator<ConfigProblem> {
  for (const [tool, override] of Object.entries(fieldsOf(fieldsOf(item)?.overrides) ?? {}))
    if (!textOf(fieldsOf(override)?.name) && !textOf(fieldsOf(override)?.description))
      yield { path: `${path}.overrides[${pathKey(tool)}]`, message: 'must have a name or a description' };
}

function* toolsProblems(tools: unknown): Generator<ConfigProblem> {
  const workloads = new Set<string>();
  for (const [index, item] of itemsOf(tools)) {
    const path = `aggregation.tools[${index}]`;
    const workload = textOf(fieldsOf(item)?.workload) ?? '';
    if (workload === '') yield { path: `${path}.workload`, message: 'must not be empty' };
    else if (workloads.has(workload)) yield { path: `${path}.workload`, message: 'is listed twice' };
    workloads.add(workload);
    yield* overrideProblems(item, path);
  }
}

export function aggregationProblems(value: unknown): ConfigProblem[] {
  const aggregation = fieldsOf(value);
  if (!aggregation) return [{ path: 'aggregation', message: 'is required' }];
  const resolution = textOf(aggregation.conflictResolution) ?? '';
  if (!STRATEGIES.includes(resolution))
    return [{ path: 'aggregation.conflictResolution', message: oneOf(STRATEGIES) }];
  return [
    ...resolutionProblems(aggregation, resolution),
    ...visibilityProblems(aggregation, resolution),
    ...firstOf(toolsProblems(aggregation.tools), MAX_ITEMS),
  ];
}

/** A duration in nanoseconds, 0 when it is absent. */
function nanoseconds(value: unknown): bigint {
  const parsed = parseGoDuration(textOf(value) || '0');
  return parsed.ok ? parsed.nanoseconds : 0n;
}

/** A whole number, 0 when it is absent. */
function integer(value: unknown): number {
  return typeof value === 'number' ? Math.trunc(value) : 0;
}

function* workloadProblems(timeouts: unknown, path: string): Generator<ConfigProblem> {
  for (const [workload, value] of Object.entries(fieldsOf(timeouts) ?? {}))
    if (nanoseconds(value) <= 0) yield { path: `${path}[${pathKey(workload)}]`, message: 'must be positive' };
}

function timeoutProblems(timeouts: Fields): ConfigProblem[] {
  const path = 'operational.timeouts';
  const problems = firstOf(workloadProblems(timeouts.perWorkload, `${path}.perWorkload`), MAX_ITEMS);
  if (nanoseconds(timeouts.default) < 0)
    problems.push({ path: `${path}.default`, message: 'must be positive' });
  return problems;
}

function breakerProblems(value: unknown, path: string): ConfigProblem[] {
  const breaker = fieldsOf(value);
  if (breaker?.enabled !== true && !/^(?:y|yes|on)$/i.test(textOf(breaker?.enabled) ?? '')) return [];
  const problems: ConfigProblem[] = [];
  if (integer(breaker?.failureThreshold) < 0)
    problems.push({ path: `${path}.failureThreshold`, message: 'must be at least 1' });
  const timeout = nanoseconds(breaker?.timeout);
  if (timeout !== 0n && timeout < SECOND)
    problems.push({ path: `${path}.timeout`, message: 'must be at least 1s' });
  return problems;
}

function failureProblems(failure: Fields): ConfigProblem[] {
  const path = 'operational.failureHandling';
  const problems: ConfigProblem[] = [];
  const bad = (field: string, message: string) => problems.push({ path: `${path}.${field}`, message });
  const interval = nanoseconds(failure.healthCheckInterval) || 30n * SECOND;
  const timeout = nanoseconds(failure.healthCheckTimeout);
  if (interval < 0) bad('healthCheckInterval', 'must be positive');
  if (integer(failure.unhealthyThreshold) < 0) bad('unhealthyThreshold', 'must be positive');
  if (timeout < 0) bad('healthCheckTimeout', 'must not be negative');
  if (timeout > 0 && timeout >= interval)
    bad(
      'healthCheckTimeout',
      `is ${textOf(failure.healthCheckTimeout)} and must be less than healthCheckInterval (${textOf(failure.healthCheckInterval) || '30s'})`,
    );
  if (!['', 'fail', 'best_effort'].includes(textOf(failure.partialFailureMode) ?? ''))
    bad('partialFailureMode', oneOf(['fail', 'best_effort']));
  return [...problems, ...breakerProblems(failure.circuitBreaker, `${path}.circuitBreaker`)];
}

export function operationalProblems(value: unknown): ConfigProblem[] {
  const operational = fieldsOf(value);
  return [
    ...timeoutProblems(fieldsOf(operational?.timeouts) ?? {}),
    ...failureProblems(fieldsOf(operational?.failureHandling) ?? {}),
  ];
}

export function compositeToolRefsProblems(value: unknown): ConfigProblem[] {
  const names = new Set<string>();
  return itemsOf(value).flatMap(([index, item]): ConfigProblem[] => {
    const path = `compositeToolRefs[${index}].name`;
    const name = textOf(fieldsOf(item)?.name) ?? '';
    if (name === '') return [{ path, message: 'must not be empty' }];
    if (names.has(name)) return [{ path, message: 'is listed twice' }];
    names.add(name);
    return [];
  });
}

/** Headers of clients that the vMCP hands on. */
export function passthroughProblems(value: unknown): ConfigProblem[] {
  return itemsOf(value).flatMap(([index, name]) => {
    const canonical = canonicalHeader(textOf(name) ?? '');
    if (isHeaderToken(canonical) && !isRestrictedHeader(canonical) && !NEVER_PASSED.has(canonical)) return [];
    const message = 'must be an HTTP header name that is not restricted, and not Authorization or Cookie';
    return [{ path: `passthroughHeaders[${index}]`, message }];
  });
}
