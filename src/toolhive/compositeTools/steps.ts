import { fieldsAt, isRecord, itemsAt, scalarAt, valueAt } from '../../kubernetes/record.ts';
import { pathKey } from '../../text/line.ts';
import type { ConfigProblem } from '../vmcpConfig/typeProblems.ts';
import { schemaFault } from './jsonSchema.ts';
import { argumentTemplates, templateFault } from './templates.ts';

/** One step of a composite tool, with where it stands. */
export interface Step {
  readonly path: string;
  readonly id: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const TOOL = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/;
const IDENTIFIER = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const TYPES = ['tool', 'elicitation', 'forEach'];
const MAX_STEPS = 100;
const LIMITS = { maxParallel: 50, maxIterations: 1_000 } as const;

/** The most problems of one step that are reported; each costs the trace of an error, and one ends the vMCP. */
const MAX_PROBLEMS = 100;

/** Reports a problem. False at the limit: the rest of the step is not looked at then. */
type Report = (field: string, message: string, stage?: 'start') => boolean;

/** The steps at a path into a tool, those that are objects. */
export function stepsOf(tool: unknown, path: string): readonly Step[] {
  return itemsAt(tool, 'steps').flatMap(([index, item]) =>
    isRecord(item) ? [{ path: `${path}.steps[${index}]`, id: scalarAt(item, 'id') ?? '', fields: item }] : [],
  );
}

/** The steps that are looked at: a tool with more of them than ToolHive takes is refused for that alone. */
export function judgedStepsOf(tool: unknown, path: string): readonly Step[] {
  const steps = valueAt(tool, 'steps');
  return Array.isArray(steps) ? stepsOf({ steps: steps.slice(0, MAX_STEPS) }, path) : [];
}

function toolProblems(step: unknown, report: Report): void {
  const tool = scalarAt(step, 'tool');
  if (tool === undefined) report('tool', 'is required for a step of type tool');
  else if (!TOOL.test(tool))
    report('tool', 'must be a tool name: letters, digits, dots, hyphens and underscores');
}

function elicitationProblems(step: unknown, report: Report): void {
  if (scalarAt(step, 'message') === undefined)
    report('message', 'is required for a step of type elicitation');
  if (Object.keys(fieldsAt(step, 'schema') ?? {}).length === 0)
    report('schema', 'is required for a step of type elicitation', 'start');
  for (const field of ['onDecline', 'onCancel']) {
    if (!fieldsAt(step, field)) continue;
    const action = scalarAt(step, field, 'action') ?? '';
    if (!['abort', 'continue', 'skip_remaining'].includes(action))
      report(`${field}.action`, 'must be one of abort, continue, skip_remaining');
  }
}

function innerStepProblems(step: unknown, report: Report): void {
  const inner = fieldsAt(step, 'step');
  if (inner === undefined) {
    report('step', 'is required for a step of type forEach');
    return;
  }
  const reportInner: Report = (field, message, stage) => report(`step.${field}`, message, stage);
  if (scalarAt(inner, 'id') === undefined) reportInner('id', 'is required, also for the inner step', 'start');
  if (!['', 'tool'].includes(scalarAt(inner, 'type') ?? '')) reportInner('type', 'must be tool');
  toolProblems(inner, reportInner);
  templateProblems(inner, reportInner);
}

function forEachProblems(step: unknown, report: Report): void {
  for (const field of ['tool', 'message'])
    if (scalarAt(step, field) !== undefined) report(field, 'must not be set in a step of type forEach');
  const collection = scalarAt(step, 'collection');
  if (collection === undefined) report('collection', 'is required for a step of type forEach');
  else reportTemplate('collection', collection, report);
  innerStepProblems(step, report);
  const itemVar = scalarAt(step, 'itemVar');
  if (itemVar !== undefined && (!IDENTIFIER.test(itemVar) || itemVar === 'index'))
    report('itemVar', 'must be a Go identifier other than index');
  for (const [field, most] of Object.entries(LIMITS)) {
    const value = valueAt(step, field);
    if (typeof value === 'number' && (value < 0 || value > most)) report(field, `must be from 0 to ${most}`);
  }
}

function reportTemplate(field: string, text: unknown, report: Report): boolean {
  const fault = templateFault(text);
  return fault === undefined || report(field, `is not a valid Go template: ${fault}`);
}

function templateProblems(step: unknown, report: Report): void {
  for (const [name, text] of argumentTemplates(valueAt(step, 'arguments')))
    if (!reportTemplate(`arguments[${pathKey(name)}]`, text, report)) return;
  for (const field of ['condition', 'message']) reportTemplate(field, valueAt(step, field), report);
}

function typeProblemsOf(step: unknown, report: Report): void {
  const given = scalarAt(step, 'type');
  if (given === undefined && scalarAt(step, 'tool') && scalarAt(step, 'message')) {
    report('type', 'is required where both tool and message are set');
    return;
  }
  const type = given ?? 'tool';
  if (type === 'tool') toolProblems(step, report);
  else if (type === 'elicitation') elicitationProblems(step, report);
  else if (type === 'forEach') forEachProblems(step, report);
  else report('type', `must be one of ${TYPES.join(', ')}`);
}

function errorProblems(step: unknown, report: Report): void {
  const action = scalarAt(step, 'onError', 'action');
  if (action === undefined) return;
  const retries = valueAt(step, 'onError', 'retryCount');
  if (!['abort', 'continue', 'retry'].includes(action))
    report('onError.action', 'must be one of abort, continue, retry');
  else if (action === 'retry' && !(typeof retries === 'number' && retries >= 1))
    report('onError.retryCount', 'must be at least 1 for the action retry');
}

function stepProblems(step: Step, ids: ReadonlySet<string>): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const report: Report = (field, message, stage) => {
    if (problems.length < MAX_PROBLEMS)
      problems.push({ path: `${step.path}.${field}`, message, ...(stage && { stage }) });
    return problems.length < MAX_PROBLEMS;
  };
  typeProblemsOf(step.fields, report);
  templateProblems(step.fields, report);
  const schema = fieldsAt(step.fields, 'schema');
  const fault = schema && Object.keys(schema).length > 0 ? schemaFault(schema) : undefined;
  if (fault !== undefined) report('schema', `is not a valid JSON Schema: ${fault}`);
  for (const [index, item] of itemsAt(step.fields, 'dependsOn')) {
    const id = typeof item === 'object' ? undefined : String(item);
    if (id === undefined || ids.has(id)) continue;
    const message = `names the step ${JSON.stringify(id.slice(0, 60))}, which does not exist`;
    if (!report(`dependsOn[${index}]`, message)) break;
  }
  errorProblems(step.fields, report);
  return problems;
}

/** The ids along a cycle of dependencies; undefined when there is none. */
function cycleOf(steps: readonly Step[]): readonly string[] | undefined {
  // A step may name another one many times. Steps with one id, which are refused for that, count as one whatever their order.
  const needs = new Map<string, Set<string>>();
  for (const { id, fields } of steps) {
    const needed = needs.get(id) ?? new Set();
    for (const [, item] of itemsAt(fields, 'dependsOn')) {
      const other = scalarAt(item);
      if (other !== undefined) needed.add(other);
    }
    needs.set(id, needed);
  }
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): readonly string[] | undefined => {
    if (done.has(id)) return undefined;
    if (trail.includes(id)) return [...trail.slice(trail.indexOf(id)), id];
    for (const next of needs.get(id) ?? []) {
      const found = visit(next, [...trail, id]);
      if (found) return found;
    }
    done.add(id);
    return undefined;
  };
  for (const id of needs.keys()) {
    const found = visit(id, []);
    if (found) return found;
  }
  return undefined;
}

function idProblems(steps: readonly Step[]): ConfigProblem[] {
  const seen = new Set<string>();
  return steps.flatMap(({ path, id }) => {
    const message =
      id === '' ? 'is required' : seen.has(id) ? 'is duplicated: an earlier step has it' : undefined;
    seen.add(id);
    return message === undefined ? [] : [{ path: `${path}.id`, message }];
  });
}

/** What ToolHive refuses of the steps of one composite tool at `path`. Source: `ValidateWorkflowSteps` of toolhive v0.47.0. */
export function stepListProblems(steps: readonly Step[], path: string): ConfigProblem[] {
  if (steps.length === 0) return [{ path: `${path}.steps`, message: 'must have at least one step' }];
  if (steps.length > MAX_STEPS)
    return [
      {
        path: `${path}.steps`,
        message: `has ${steps.length} steps; at most ${MAX_STEPS} are allowed`,
        count: steps.length,
      },
    ];
  const ids = new Set(steps.map(({ id }) => id));
  const cycle = cycleOf(steps);
  return [
    ...idProblems(steps),
    ...steps.flatMap((step) => stepProblems(step, ids)),
    ...(cycle
      ? [
          {
            path: `${path}.steps`,
            message: `depend on each other in a cycle: ${cycle.join(' → ')}`,
            count: 1,
          },
        ]
      : []),
  ];
}
