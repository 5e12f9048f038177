import { firstOf } from '../../kubernetes/bounds.ts';
import { isRecord, itemsAt, scalarAt } from '../../kubernetes/record.ts';
import { pathKey } from '../../text/line.ts';
import type { ConfigProblem } from '../vmcpConfig/typeProblems.ts';

/** The top is level 0. Source: `maxOutputPropertyDepth` of toolhive v0.47.0. */
const MAX_DEPTH = 10;

/** Whether a value may be the default of a property, by the type of the property. A text may stand for any type. */
const DEFAULTS: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['string', () => true],
  ['integer', (value: unknown) => ['number', 'string'].includes(typeof value)],
  ['number', (value: unknown) => ['number', 'string'].includes(typeof value)],
  ['boolean', (value: unknown) => ['boolean', 'string'].includes(typeof value)],
  ['object', (value: unknown) => isRecord(value) || typeof value === 'string'],
  ['array', (value: unknown) => Array.isArray(value) || typeof value === 'string'],
]);
const TYPES = [...DEFAULTS.keys()];

/** ToolHive looks only whether braces come in pairs here. Source: `validateTemplateSyntax` of toolhive v0.47.0. */
function bracesFault(text: string): string | undefined {
  let open = false;
  let before = '';
  for (const character of text) {
    if (character === '{' && before === '{') {
      if (open) return 'has {{ inside of {{ }}';
      open = true;
    } else if (character === '}' && before === '}') {
      if (!open) return 'has }} without {{ before it';
      open = false;
    }
    before = character;
  }
  return open ? 'has {{ without }} behind it' : undefined;
}

function ownFaults(given: unknown, depth: number): (readonly [field: string, message: string])[] {
  // Go takes null for a property without fields.
  const property = given === null ? {} : given;
  // A value of another type is a problem of its own, that ToolHive's decoder has.
  if (!isRecord(property)) return [];
  const type = scalarAt(property, 'type') ?? '';
  const value = scalarAt(property, 'value');
  const nested = isRecord(property.properties) && Object.keys(property.properties).length > 0;
  const faults: (readonly [string, string])[] = [];
  if (depth > MAX_DEPTH) faults.push(['', `is nested more than ${MAX_DEPTH} levels deep`]);
  if (!TYPES.includes(type)) faults.push(['.type', `must be one of ${TYPES.join(', ')}`]);
  if (scalarAt(property, 'description') === undefined) faults.push(['.description', 'is required']);
  if (value !== undefined && nested) faults.push(['', 'must not have both value and properties']);
  else if (value === undefined && !nested) faults.push(['', 'must have a value or properties']);
  else if (value === undefined && type !== 'object') faults.push(['.value', 'is required for this type']);
  const braces = value === undefined ? undefined : bracesFault(value);
  if (braces !== undefined) faults.push(['.value', braces]);
  const fallback = property.default;
  if (fallback !== undefined && fallback !== null && !(DEFAULTS.get(type)?.(fallback) ?? true))
    faults.push(['.default', `must be a value of type ${type}`]);
  return faults;
}

/** The most problems of an output that are reported: a person corrects them one by one, and one ends the vMCP. */
const MAX_PROBLEMS = 100;

function* propertyProblems(property: unknown, path: string, depth: number): Generator<ConfigProblem> {
  for (const [field, message] of ownFaults(property, depth)) yield { path: `${path}${field}`, message };
  if (depth > MAX_DEPTH || !isRecord(property) || property.type !== 'object') return;
  yield* propertiesProblems(property.properties, path, depth + 1);
}

function* propertiesProblems(properties: unknown, path: string, depth: number): Generator<ConfigProblem> {
  if (!isRecord(properties)) return;
  for (const [name, property] of Object.entries(properties))
    yield* propertyProblems(property, `${path}.properties.${pathKey(name)}`, depth);
}

function* problemsOf(output: unknown, path: string): Generator<ConfigProblem> {
  if (!isRecord(output)) return;
  const properties = isRecord(output.properties) ? output.properties : {};
  if (Object.keys(properties).length === 0) {
    yield { path: `${path}.properties`, message: 'must not be empty' };
    return;
  }
  for (const [index, name] of itemsAt(output, 'required'))
    if (!Object.hasOwn(properties, scalarAt(name) ?? ''))
      yield { path: `${path}.required[${index}]`, message: 'is not one of the properties' };
  yield* propertiesProblems(properties, path, 0);
}

/** What ToolHive refuses of the output of a composite tool. Source: `ValidateOutputConfig` of toolhive v0.47.0. */
export function outputProblems(output: unknown, path: string): ConfigProblem[] {
  return firstOf(problemsOf(output, path), MAX_PROBLEMS).map((problem) => ({ ...problem, stage: 'start' }));
}
