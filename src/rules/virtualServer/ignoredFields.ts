import { fieldPath } from '../../kubernetes/read.ts';
import { fieldsAt, isRecord, itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { closest } from '../../text/closest.ts';
import { quoted } from '../../text/line.ts';
import { isShownKey } from '../../text/redact.ts';
import { judgedStepsOf, type Step } from '../../toolhive/compositeTools/steps.ts';
import { type Fields, fieldsOfKind, unknownFields } from '../../toolhive/fields.ts';
import { VMCP_CONFIG } from '../../toolhive/vmcpConfig/shape.ts';
import { type Placed, toolsOf } from '../compositeTools.ts';
import { findEach } from '../findings/each.ts';
import { withoutPositions } from '../findings/fieldPath.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { type LoneObject, warn } from '../rule.ts';

export const ignoredFieldRules = {
  'vmcp-config-unknown-field': warn(
    'Fields that the CRD leaves open must be fields that ToolHive knows.',
    'VirtualMCPServer',
    'VirtualMCPCompositeToolDefinition',
  ),
  'vmcp-config-ignored': warn(
    'A setting must stand where ToolHive reads it.',
    'VirtualMCPServer',
    'VirtualMCPCompositeToolDefinition',
  ),
};

/** A person corrects them one by one; an object with thousands of them must not fill the output. */
const MAX_FINDINGS = 20;

/** A field that the operator drops, and the fields that it knows at this place. */
function dropped(place: string, field: string, known: readonly string[]): Finding {
  const isShown = isShownKey(field);
  const [meant] = isShown ? closest(field, known) : [];
  const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`;
  return invalid({
    rule: 'vmcp-config-unknown-field',
    field: withoutPositions(place),
    ...(isShown ? { value: field } : { raw: field }),
    detail: `ToolHive has no ${isShown ? `field ${quoted(field)}` : 'such field'} here and drops it without a message; ${hint}`,
  });
}

const KNOWN = Object.keys(VMCP_CONFIG.fields);
const IS_KNOWN = new Set(KNOWN);

const OF_TOOL = fieldsOfKind('VirtualMCPCompositeToolDefinition').named.get('spec');
const OF_STEP = OF_TOOL?.named.get('steps');
const OF_PROPERTY = OF_TOOL?.named.get('output')?.named.get('properties')?.each;

/** A part of a composite tool in which the CRD takes any field, and its fields in Go. */
interface OpenPart {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  readonly fields: Fields | undefined;
}

/** Deeper than ToolHive accepts properties. */
const MAX_DEPTH = 20;

function* nestedProperties(property: unknown, path: OpenPart['path'], depth = 0): Generator<OpenPart> {
  const nested = fieldsAt(property, 'properties');
  if (nested === undefined || depth > MAX_DEPTH) return;
  for (const [name, value] of Object.entries(nested)) {
    const at = [...path, 'properties', name];
    yield { path: at, value, fields: OF_PROPERTY };
    yield* nestedProperties(value, at, depth + 1);
  }
}

/** The inner steps of forEach, and properties inside of properties. */
function* openParts(tool: unknown): Generator<OpenPart> {
  const steps = valueAt(tool, 'steps');
  for (const [index, step] of Array.isArray(steps) ? steps.entries() : [])
    yield { path: ['steps', index, 'step'], value: valueAt(step, 'step'), fields: OF_STEP };
  const properties = fieldsAt(tool, 'output', 'properties') ?? {};
  for (const [name, property] of Object.entries(properties))
    yield* nestedProperties(property, ['output', 'properties', name]);
}

function* unknownInTool({ tool, path }: Placed): Generator<Finding> {
  for (const part of openParts(tool)) {
    // ToolHive's decoder refuses a list here, whatever its items have.
    if (part.fields === undefined || !isRecord(part.value)) continue;
    for (const { path: below, known } of unknownFields(part.value, part.fields)) {
      const place = fieldPath([...part.path, ...below.slice(0, -1)], tool);
      yield dropped(`${path}.${place}`, String(below.at(-1)), known);
    }
  }
}

/**
 * The fields that the schema keeps and the operator drops, of which kubectl says nothing: at the top level of `spec.config`,
 * and in the parts of composite tools that the schema leaves open.
 */
export function checkUnknownFields(object: LoneObject): Finding[] {
  const findings =
    object.kind === 'VirtualMCPServer'
      ? Object.keys(fieldsAt(object.spec, 'config') ?? {})
          .filter((field) => !IS_KNOWN.has(field))
          .slice(0, MAX_FINDINGS)
          .map((field) => dropped('spec.config', field, KNOWN))
      : [];
  for (const placed of toolsOf(object))
    for (const finding of unknownInTool(placed)) {
      if (findings.length >= MAX_FINDINGS) return findings;
      findings.push(finding);
    }
  return findings;
}

/** What the operator writes into the config, whatever `spec.config` has of that name. Source: its converter. */
const WRITTEN_FROM: Readonly<Record<string, string>> = {
  incomingAuth: 'spec.incomingAuth',
  outgoingAuth: 'spec.outgoingAuth',
  sessionStorage: 'spec.sessionStorage',
  telemetry: 'spec.telemetryConfigRef',
};

function ignored(field: string, place: string): Finding {
  const detail = `is ignored: ToolHive reads ${place}; move it there`;
  return invalid({ rule: 'vmcp-config-ignored', field: `spec.config.${field}`, detail });
}

/** Fields of `spec.config` that the operator overwrites. */
export function checkOverwrittenFields({ spec, name: ownName }: LoneObject): Finding[] {
  const config = fieldsAt(spec, 'config') ?? {};
  const findings = Object.entries(WRITTEN_FROM)
    .filter(([field]) => config[field] !== undefined && config[field] !== null)
    .map(([field, place]) => ignored(field, place));
  const name = textAt(config, 'name');
  if (name !== undefined && name !== ownName) findings.push(ignored('name', 'metadata.name'));
  const outer = spec.passthroughHeaders;
  if (Array.isArray(outer) && outer.length > 0 && Array.isArray(config.passthroughHeaders))
    findings.push(ignored('passthroughHeaders', 'spec.passthroughHeaders, which is set too'));
  return [...findings, ...unusedOrder(config)];
}

/** An order of backends that no strategy reads. `prefixFormat` is filled in by the CRD, so it tells nothing. */
function unusedOrder(config: unknown): Finding[] {
  const strategy = textAt(config, 'aggregation', 'conflictResolution') ?? 'prefix';
  const field = 'aggregation.conflictResolutionConfig.priorityOrder';
  if (strategy === 'priority' || itemsAt(config, ...field.split('.')).length === 0) return [];
  const detail = `is ignored: conflictResolution is ${strategy}; set it to priority, or remove the order`;
  return [invalid({ rule: 'vmcp-config-ignored', field: `spec.config.${field}`, detail })];
}

/** The fields that only one type of step reads. Source: `executeStep` of toolhive v0.47.0, pkg/vmcp/composer. */
const FIELDS_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  tool: ['tool', 'arguments'],
  elicitation: ['message', 'schema', 'onDecline', 'onCancel'],
  forEach: ['collection', 'itemVar', 'maxParallel', 'maxIterations', 'step'],
};

/** Fields of a step that a step of its type does not read. */
export function checkStepFields(object: LoneObject): Finding[] {
  return findEach(toolsOf(object), ({ tool, path }) => findEach(judgedStepsOf(tool, path), unreadFields));
}

function unreadFields(step: Step): Finding[] {
  const own = textAt(step.fields, 'type') ?? 'tool';
  if (!Object.hasOwn(FIELDS_OF_TYPE, own)) return [];
  return Object.entries(FIELDS_OF_TYPE).flatMap(([type, fields]) =>
    type === own
      ? []
      : fields
          .filter((field) => step.fields[field] !== undefined && !isRefused(own, field))
          .map((field) =>
            invalid({
              rule: 'vmcp-config-ignored',
              field: withoutPositions(`${step.path}.${field}`),
              detail: `is ignored in a step of type ${own}: only a step of type ${type} reads it`,
            }),
          ),
  );
}

/** What is denied anyway. */
function isRefused(type: string, field: string): boolean {
  return type === 'forEach' && ['tool', 'message'].includes(field);
}
