import { fieldsAt, isRecord, scalarAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { pathKey } from '../../text/line.ts';
import { type ParsedTemplate, parseTemplate } from '../go/template/parse.ts';

/** The functions of ToolHive's templates beside Go's own. Source: `FuncMap` of toolhive v0.47.0, pkg/templates. */
const FUNCTIONS = ['json', 'quote', 'fromJson'];

/** Of the last templates; several checks ask about each one. */
const parsed = new Map<string, ParsedTemplate>();
const MAX_REMEMBERED = 500;
const MAX_LENGTH = 1_000;

/** What a template is: the fields that it reads, or why it cannot be parsed. */
export function templateOf(text: string): ParsedTemplate {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const template = parseTemplate(text, FUNCTIONS);
  if (parsed.size >= MAX_REMEMBERED) parsed.clear();
  if (text.length <= MAX_LENGTH) parsed.set(text, template);
  return template;
}

/** The error of a template; undefined for anything that is not text, and for text that can be parsed. */
export function templateFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const template = templateOf(value);
  return template.ok ? undefined : template.error;
}

/** The templates of a map of arguments: its texts at the top, as ToolHive looks no deeper. */
export function argumentTemplates(value: unknown): readonly (readonly [name: string, text: string])[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    typeof item === 'string' ? [[name, item] as const] : [],
  );
}

/** A field of a step's output that a template reads. */
export interface StepField {
  readonly step: string;
  readonly field: string;
}

/** The fields of steps' outputs that a template reads, such as `.steps.find.output.id`. Nothing of one with an error. */
export function stepFields(text: string): readonly StepField[] {
  const template = templateOf(text);
  if (!template.ok) return [];
  return [...template.fields].flatMap((path) => {
    const [, root, step = '', output, field = ''] = path.split('.');
    return root === 'steps' && output === 'output' && field !== '' ? [{ step, field }] : [];
  });
}

/** A template and where it stands. */
export interface PlacedTemplate {
  readonly path: string;
  readonly text: string;
  /** The variables of the forEach step whose inner step holds the template; undefined for any other template. */
  readonly loop?: readonly string[];
}

/** `index`, and the item by the name that the forEach step gives it. */
function loopVariables(step: unknown): readonly string[] {
  return [textAt(step, 'itemVar') ?? 'item', 'index'];
}

/** The templates that a step holds itself: its condition, its message, the texts of its arguments. */
export function templatesOfStep(fields: unknown, path: string): PlacedTemplate[] {
  const templates: PlacedTemplate[] = [];
  for (const field of ['condition', 'message']) {
    const text = scalarAt(fields, field);
    if (text !== undefined) templates.push({ path: `${path}.${field}`, text });
  }
  for (const [name, text] of argumentTemplates(valueAt(fields, 'arguments')))
    templates.push({ path: `${path}.arguments[${pathKey(name)}]`, text });
  return templates;
}

/** Deeper than ToolHive accepts properties. */
export const MAX_DEPTH = 20;

/** The values of output properties, nested ones included. */
export function templatesOfOutput(properties: unknown, path: string, depth = 0): PlacedTemplate[] {
  if (!isRecord(properties) || depth > MAX_DEPTH) return [];
  return Object.entries(properties).flatMap(([name, property]) => {
    const at = `${path}.properties.${pathKey(name)}`;
    const text = scalarAt(property, 'value');
    const own = text === undefined ? [] : [{ path: `${at}.value`, text }];
    return [...own, ...templatesOfOutput(valueAt(property, 'properties'), at, depth + 1)];
  });
}

/** Every template of a tool: of its steps, what forEach steps hold, and its output. */
export function templatesOfTool(
  steps: readonly { readonly path: string; readonly fields: unknown }[],
  output: unknown,
  path: string,
): PlacedTemplate[] {
  const ofSteps = steps.flatMap((step) => {
    const collection = scalarAt(step.fields, 'collection');
    const inner = fieldsAt(step.fields, 'step');
    return [
      ...templatesOfStep(step.fields, step.path),
      ...(collection === undefined ? [] : [{ path: `${step.path}.collection`, text: collection }]),
      ...(inner === undefined
        ? []
        : templatesOfStep(inner, `${step.path}.step`).map((template) => ({
            ...template,
            loop: loopVariables(step.fields),
          }))),
    ];
  });
  return [...ofSteps, ...templatesOfOutput(output, `${path}.output`)];
}
