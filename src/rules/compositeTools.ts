import { MAX_ITEMS } from '../kubernetes/bounds.ts';
import { fieldsAt, isRecord, itemsAt, textAt, valueAt } from '../kubernetes/record.ts';
import { remember } from '../remember.ts';
import { listed, pathKey } from '../text/line.ts';
import { isSmall, SIZE_LIMIT, sizeOf } from '../toolhive/compositeTools/size.ts';
import { judgedStepsOf, stepsOf } from '../toolhive/compositeTools/steps.ts';
import { templateOf, templatesOfTool } from '../toolhive/compositeTools/templates.ts';
import { compositeToolProblems } from '../toolhive/compositeTools/tool.ts';
import type { StoredKind } from '../toolhive/kinds.ts';
import { findEach } from './findings/each.ts';
import { withoutPositions } from './findings/fieldPath.ts';
import { counted, duplicate, forbidden, invalid, required } from './findings/finding.ts';
import type { Finding } from './findings/verdict.ts';
import { deny, type LoneObject, warn } from './rule.ts';

const KINDS = ['VirtualMCPServer', 'VirtualMCPCompositeToolDefinition'] as const;

export const compositeToolRules = {
  'composite-tool': deny('A composite tool must be one that the vMCP can run.', ...KINDS),
  'composite-tool-twice': deny('Composite tools of a vMCP must have different names.', ...KINDS),
  'composite-tool-reference': warn(
    'A template of a composite tool must read what there is at run time.',
    ...KINDS,
  ),
};

/** What a wrong tool does to the vMCP that has it. */
const EFFECT = 'ToolHive writes no configuration for this vMCP, or the vMCP does not start';
/** What a wrong definition does to the vMCPs that use it. */
const EFFECT_OF_DEFINITION = 'every vMCP that uses this tool would not start';

/** A tool and the path to it. */
export interface Placed {
  readonly tool: unknown;
  readonly path: string;
}

/** A step with the defaults of the CRD, which a manifest does not have yet. The inner step of forEach gets none. */
function withDefaults(step: unknown): unknown {
  if (!isRecord(step)) return step;
  const filled: Record<string, unknown> = { ...step, type: step.type ?? 'tool' };
  for (const field of ['onError', 'onDecline', 'onCancel'])
    if (isRecord(step[field])) filled[field] = { ...step[field], action: step[field].action ?? 'abort' };
  return filled;
}

function toolWithDefaults(tool: unknown): unknown {
  if (!isRecord(tool) || !Array.isArray(tool.steps)) return tool;
  return { ...tool, steps: tool.steps.map(withDefaults) };
}

/** The composite tools of a configuration that are looked at: the first ones, when they are very many or very large. */
function firstTools(config: unknown): readonly Placed[] {
  let values = 0;
  let characters = 0;
  const first: Placed[] = [];
  for (const [index, tool] of itemsAt(config, 'compositeTools').slice(0, MAX_ITEMS)) {
    const size = sizeOf(tool);
    values += size.values;
    characters += size.characters;
    if (!isSmall({ values, characters })) break;
    first.push({ tool: toolWithDefaults(tool), path: `spec.config.compositeTools[${index}]` });
  }
  return first;
}

/** The composite tools of an object that are looked at: itself, or those of its configuration. */
export const toolsOf = remember(({ kind, spec }: LoneObject): readonly Placed[] => {
  if (kind !== 'VirtualMCPCompositeToolDefinition') return firstTools(fieldsAt(spec, 'config'));
  return isSmall(sizeOf(spec)) ? [{ tool: toolWithDefaults(spec), path: 'spec' }] : [];
});

/** The finding about what is too large to be judged, whether or not ToolHive would take it. */
function unjudged(field: string, what: string, allowed: string, count: number): Finding {
  const detail = `${what} and is denied without being judged: allowed are ${allowed}; shorten it`;
  return forbidden({ rule: 'composite-tool', field, ...counted(count), detail });
}

/** The finding about a list of a vMCP of which only the first items are looked at. */
function tooMany({ spec }: LoneObject, list: string, looked: number): Finding[] {
  const count = itemsAt(fieldsAt(spec, 'config'), list).length;
  if (count <= looked) return [];
  const what = `has ${count} items, which are too many or too large,`;
  const allowed = `at most ${MAX_ITEMS} items, with ${SIZE_LIMIT} together`;
  return [unjudged(`spec.config.${list}`, what, allowed, count)];
}

/** The finding about a tool that a vMCP refuses. */
export function compositeToolFault(
  field: string,
  message: string,
  kind: StoredKind,
  count?: number,
): Finding {
  const detail = `${message}; ${kind === 'VirtualMCPServer' ? EFFECT : EFFECT_OF_DEFINITION}`;
  return forbidden({ rule: 'composite-tool', field: withoutPositions(field), ...counted(count), detail });
}

/** The finding about a tool whose name another one of the same vMCP has. */
export function compositeToolTwice(field: string, value: string, what: string): Finding {
  const detail = `${what}; ToolHive writes no configuration with both`;
  // Of several tools the later ones are reported, whichever these are: reordering them changes nothing.
  const violations = [{ parts: [value] }];
  return duplicate({
    rule: 'composite-tool-twice',
    field: withoutPositions(field),
    value,
    violations,
    detail,
  });
}

/** Everything in its composite tools that ToolHive refuses. */
export function checkCompositeTools(object: LoneObject): Finding[] {
  const tools = toolsOf(object);
  if (object.kind === 'VirtualMCPCompositeToolDefinition' && tools.length === 0)
    return [unjudged('spec', 'is too large', SIZE_LIMIT, 1)];
  return findEach(tools, ({ tool, path }) =>
    compositeToolProblems(tool, path).map((problem) =>
      compositeToolFault(problem.path, problem.message, object.kind, problem.count),
    ),
  );
}

/** Names that stand twice in a list. */
function twice(
  names: readonly (readonly [path: string, name: string | undefined])[],
  detail: string,
): Finding[] {
  const seen = new Set<string>();
  return findEach(names, ([path, name]) => {
    if (name === undefined) return [];
    if (seen.has(name)) return [compositeToolTwice(path, name, detail)];
    seen.add(name);
    return [];
  });
}

/** References to definitions without a name. */
function unnamedReferences(refs: readonly (readonly [path: string, name: string | undefined])[]): Finding[] {
  const detail = `the name of a VirtualMCPCompositeToolDefinition; ${EFFECT}`;
  return findEach(refs, ([path, name]) =>
    name === undefined ? [required({ rule: 'composite-tool', field: withoutPositions(path), detail })] : [],
  );
}

/** Two tools of one name in one vMCP, one definition that it refers to twice, or a reference without a name. */
export function checkToolNames(object: LoneObject): Finding[] {
  const tools = toolsOf(object).map(({ tool, path }) => [`${path}.name`, textAt(tool, 'name')] as const);
  const refs = itemsAt(fieldsAt(object.spec, 'config'), 'compositeToolRefs')
    .slice(0, MAX_ITEMS)
    .map(([index, ref]) => [`spec.config.compositeToolRefs[${index}].name`, textAt(ref, 'name')] as const);
  return [
    ...tooMany(object, 'compositeTools', tools.length),
    ...tooMany(object, 'compositeToolRefs', refs.length),
    ...twice(tools, 'is the name of an earlier composite tool of this vMCP'),
    ...twice(refs, 'is referred to twice'),
    ...unnamedReferences(refs),
  ];
}

/** What a template can read. Source: `buildTemplateContext` of toolhive v0.47.0, pkg/vmcp/composer. */
const ROOTS = ['params', 'steps', 'vars', 'workflow', 'forEach'];
/** Inside of these a field may belong to something else than the root. */
const REBINDS = /\{\{-?\s*(?:range|with|define|block)\b/;

/** The parameters that a tool declares, and their names as a sentence lists them. */
interface Params {
  readonly names: ReadonlySet<string>;
  readonly words: string;
}

/** What there is at run time for one template. */
interface Readable {
  /** The ids of the steps. */
  readonly steps: ReadonlySet<string>;
  /** The parameters that the tool declares; undefined when it declares none. */
  readonly params: Params | undefined;
  /** The variables of the forEach step whose inner step holds the template; undefined for any other template. */
  readonly loop: readonly string[] | undefined;
}

function missingField(root: string, name: string, { steps, params, loop }: Readable): string | undefined {
  if (root === 'steps' && !steps.has(name)) return 'no step has this id';
  if (root === 'params' && params !== undefined && !params.names.has(name))
    return `the parameters are ${params.words}`;
  if (root !== 'forEach') return undefined;
  if (loop === undefined) return 'only the inner step of a forEach step has it';
  return loop.includes(name)
    ? undefined
    : `this step has ${loop.map((field) => `.forEach.${field}`).join(', ')}`;
}

/** What a template reads that does not exist, and why it does not. */
interface Missing {
  readonly reads: string;
  readonly why: string;
}

function missing(text: string, readable: Readable): Missing | undefined {
  const parsed = templateOf(text);
  if (!parsed.ok || REBINDS.test(text)) return undefined;
  for (const path of parsed.fields) {
    const [, root = '', name] = path.split('.');
    if (!ROOTS.includes(root))
      return { reads: `.${root}`, why: `; there are ${ROOTS.map((known) => `.${known}`).join(', ')}` };
    const why = name === undefined ? undefined : missingField(root, name, readable);
    if (why !== undefined) return { reads: `.${root}.${name}`, why: `: ${why}` };
  }
  return undefined;
}

function declaredParams(tool: unknown): Params | undefined {
  const names = Object.keys(fieldsAt(tool, 'parameters', 'properties') ?? {});
  return names.length > 0 ? { names: new Set(names), words: listed(names.map(pathKey)) } : undefined;
}

/** Templates that read what does not exist: they give an empty text or end the run. */
export function checkTemplateReferences(object: LoneObject): Finding[] {
  return findEach(toolsOf(object), ({ tool, path }) => {
    const steps = judgedStepsOf(tool, path);
    const ids = new Set(stepsOf(tool, path).map(({ id }) => id));
    const params = declaredParams(tool);
    return findEach(
      templatesOfTool(steps, valueAt(tool, 'output', 'properties'), path),
      ({ text, loop, path: field }) => {
        const found = missing(text, { steps: ids, params, loop });
        if (found === undefined) return [];
        const { reads, why } = found;
        return [
          invalid({
            rule: 'composite-tool-reference',
            field: withoutPositions(field),
            violations: [{ parts: [reads] }],
            detail: `reads ${reads}, which is empty at run time${why}`,
          }),
        ];
      },
    );
  });
}
