import { firstOf } from '../../kubernetes/bounds.ts';
import { fieldsAt, scalarAt, valueAt } from '../../kubernetes/record.ts';
import { parseGoDuration } from '../../text/goDuration.ts';
import type { ConfigProblem } from '../vmcpConfig/typeProblems.ts';
import { schemaFault } from './jsonSchema.ts';
import { outputProblems } from './output.ts';
import { isSmall, SIZE_LIMIT, sizeOf } from './size.ts';
import { judgedStepsOf, type Step, stepListProblems, stepsOf } from './steps.ts';
import {
  type PlacedTemplate,
  type StepField,
  stepFields,
  templateFault,
  templatesOfOutput,
  templatesOfStep,
} from './templates.ts';

function headProblems(tool: unknown, path: string): ConfigProblem[] {
  const problems = ['name', 'description']
    .filter((field) => scalarAt(tool, field) === undefined)
    .map((field) => ({ path: `${path}.${field}`, message: 'is required' }));
  const timeout = parseGoDuration(scalarAt(tool, 'timeout') ?? '0');
  if (timeout.ok && timeout.nanoseconds < 0)
    problems.push({ path: `${path}.timeout`, message: 'must not be negative' });
  return problems;
}

/** Parameters are what clients see as the input schema of the tool, so they have to be an object. */
function parameterProblems(tool: unknown, path: string): ConfigProblem[] {
  const parameters = fieldsAt(tool, 'parameters');
  if (parameters === undefined || Object.keys(parameters).length === 0) return [];
  if (parameters.type !== 'object')
    return [{ path: `${path}.parameters.type`, message: 'must be object: parameters are a JSON Schema' }];
  const fault = schemaFault(parameters);
  return fault === undefined
    ? []
    : [{ path: `${path}.parameters`, message: `is not a valid JSON Schema: ${fault}` }];
}

function mayBeSkipped({ fields }: Step): boolean {
  return scalarAt(fields, 'condition') !== undefined || scalarAt(fields, 'onError', 'action') === 'continue';
}

/** The most wrong values and missing defaults that are reported: a person corrects them one by one. */
const MAX_PROBLEMS = 100;

/** Values of the output that cannot be parsed. ToolHive looks at them when a step may be skipped. */
function* valueProblems(values: readonly PlacedTemplate[]): Generator<ConfigProblem> {
  for (const { path, text } of values) {
    const fault = templateFault(text);
    if (fault !== undefined) yield { path, message: `is not a valid template: ${fault}` };
  }
}

/** A field of a step's output, and what reads it. */
interface Read extends StepField {
  readonly by: string;
}

function* missingDefaults(
  read: Iterable<Read>,
  skippable: ReadonlyMap<string, Step>,
): Generator<ConfigProblem> {
  for (const { step: id, field, by } of read) {
    const step = skippable.get(id);
    const defaults = step && fieldsAt(step.fields, 'defaultResults');
    if (step === undefined || (defaults && Object.hasOwn(defaults, field))) continue;
    const message = `must have ${JSON.stringify(field)}: the step may be skipped, and ${by} reads this field of its output`;
    yield { path: `${step.path}.defaultResults`, message };
  }
}

/** A step that may be skipped has no output then, so every field that is read needs a default. */
function defaultProblems(tool: unknown, steps: readonly Step[], path: string): ConfigProblem[] {
  const skippable = new Map(steps.filter(mayBeSkipped).map((step) => [step.id, step]));
  if (skippable.size === 0) return [];
  const values = templatesOfOutput(valueAt(tool, 'output', 'properties'), `${path}.output`);
  const problems = firstOf(valueProblems(values), MAX_PROBLEMS);
  if (problems.length > 0) return problems;
  const read = new Map<string, Read>();
  const note = (text: string, by: string) => {
    for (const field of stepFields(text)) read.set(`${field.step}.${field.field}`, { ...field, by });
  };
  for (const step of steps)
    for (const { text } of templatesOfStep(step.fields, step.path)) note(text, `step ${step.id}`);
  for (const { text } of values) note(text, 'the output');
  return firstOf(missingDefaults(read.values(), skippable), MAX_PROBLEMS);
}

/**
 * Everything in a composite tool for which ToolHive refuses it: the operator when it stands in a VirtualMCPServer, the vMCP at
 * start in any case. Pure; never throws. Source: `ValidateCompositeToolConfig`, `ConvertConfigToWorkflowDefinitions` and
 * `ValidateWorkflow` of toolhive v0.47.0.
 * @param path where the tool stands, such as `compositeTools[0]`
 */
export function compositeToolProblems(tool: unknown, path: string): ConfigProblem[] {
  if (!isSmall(sizeOf(tool)))
    return [{ path, message: `is too large to be looked at: ${SIZE_LIMIT}; shorten it`, count: 1 }];
  const steps = stepsOf(tool, path);
  return [
    ...headProblems(tool, path),
    ...parameterProblems(tool, path),
    ...stepListProblems(steps, path),
    ...defaultProblems(tool, judgedStepsOf(tool, path), path),
    ...outputProblems(valueAt(tool, 'output'), `${path}.output`),
  ];
}
