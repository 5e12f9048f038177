import { MAX_ITEMS } from '../kubernetes/bounds.ts';
import { fieldsAt, itemsAt, textAt, valueAt } from '../kubernetes/record.ts';
import { stepsOf } from './compositeTools/steps.ts';

/** What a setting does with the backend that it names. */
export type BackendUse = 'tools' | 'priority' | 'timeout' | 'step' | 'rateLimit';

/** A place in `spec.config` that names a backend of the group. */
export interface NamedBackend {
  readonly use: BackendUse;
  /** The name; for `step` and `rateLimit` the name of a tool, which begins with that of its backend. */
  readonly name: string;
  readonly field: string;
}

const AGGREGATION = 'spec.config.aggregation';

function named(use: BackendUse, name: unknown, field: string): NamedBackend[] {
  return typeof name === 'string' && name !== '' ? [{ use, name, field }] : [];
}

/** A prefix after which no character of the name of a backend comes. */
const SEPARATED = /^\{workload\}[^a-zA-Z0-9-]/;

/** True when every tool is served under a name that begins with the name of its backend and a separator. */
export function hasPrefixes(config: unknown): boolean {
  const strategy = valueAt(config, 'aggregation', 'conflictResolution') || 'prefix';
  const format = textAt(config, 'aggregation', 'conflictResolutionConfig', 'prefixFormat') ?? '{workload}_';
  return strategy === 'prefix' && SEPARATED.test(format);
}

/** The tools that the steps of a composite tool call. */
function stepTools(tool: unknown, at: string): NamedBackend[] {
  return stepsOf(tool, at).flatMap(({ fields, path }) => [
    ...named('step', textAt(fields, 'tool'), `${path}.tool`),
    ...named('step', textAt(fields, 'step', 'tool'), `${path}.step.tool`),
  ]);
}

/** The places in a VirtualMCPCompositeToolDefinition that name a backend. */
export function backendsOfDefinition(spec: unknown): readonly NamedBackend[] {
  return stepTools(spec, 'spec').slice(0, MAX_ITEMS);
}

/** The first items of a list: more places are not looked at. */
function firstItems(config: unknown, ...path: readonly string[]) {
  return itemsAt(config, ...path).slice(0, MAX_ITEMS);
}

/** The places in a VirtualMCPServer's `spec.config` that name a backend; at most as many as are looked at. */
export function namedBackends(config: unknown): readonly NamedBackend[] {
  const order = firstItems(config, 'aggregation', 'conflictResolutionConfig', 'priorityOrder');
  const timeouts = fieldsAt(config, 'operational', 'timeouts', 'perWorkload') ?? {};
  const all = [
    ...firstItems(config, 'aggregation', 'tools').flatMap(([index, item]) =>
      named('tools', textAt(item, 'workload'), `${AGGREGATION}.tools[${index}].workload`),
    ),
    ...order.flatMap(([index, name]) =>
      named('priority', name, `${AGGREGATION}.conflictResolutionConfig.priorityOrder[${index}]`),
    ),
    ...Object.keys(timeouts)
      .slice(0, MAX_ITEMS)
      .flatMap((name) => named('timeout', name, 'spec.config.operational.timeouts.perWorkload')),
  ];
  const prefixed = hasPrefixes(config)
    ? [
        ...firstItems(config, 'compositeTools').flatMap(([index, tool]) =>
          stepTools(tool, `spec.config.compositeTools[${index}]`),
        ),
        ...firstItems(config, 'rateLimiting', 'tools').flatMap(([index, item]) =>
          named('rateLimit', textAt(item, 'name'), `spec.config.rateLimiting.tools[${index}].name`),
        ),
      ]
    : [];
  return [...all, ...prefixed].slice(0, MAX_ITEMS);
}
