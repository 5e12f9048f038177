import { fieldsAt, itemsAt, textAt, valueAt } from '../kubernetes/record.ts';
import { type Step, stepsOf } from '../toolhive/compositeTools/steps.ts';
import { templateOf, templatesOfTool } from '../toolhive/compositeTools/templates.ts';
import { compositeToolProblems } from '../toolhive/compositeTools/tool.ts';
import type { StoredKind } from '../toolhive/kinds.ts';
import { withoutPositions } from './findings/fieldPath.ts';
import { duplicate, forbidden, invalid } from './findings/finding.ts';
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
const EFFECT: { readonly [K in StoredKind]?: string } = {
  VirtualMCPServer: 'ToolHive writes no configuration for this vMCP, or the vMCP does not start',
  VirtualMCPCompositeToolDefinition: 'every vMCP that uses this tool would not start',
};

/** A tool and the path to it. */
interface Placed {
  readonly tool: unknown;
  readonly path: string;
}

/** The composite tools of an object: itself, or those of its configuration. */
function toolsOf({ kind, spec }: LoneObject): readonly Placed[] {
  if (kind === 'VirtualMCPCompositeToolDefinition') return [{ tool: spec, path: 'spec' }];
  return itemsAt(fieldsAt(spec, 'config'), 'compositeTools').map(([index, tool]) => ({
    tool,
    path: `spec.config.compositeTools[${index}]`,
  }));
}

/** The finding about a tool that a vMCP refuses. */
export function compositeToolFault(field: string, message: string, kind: StoredKind): Finding {
  const detail = `${message}; ${EFFECT[kind] ?? 'it does not run'}`;
  return forbidden({ rule: 'composite-tool', field: withoutPositions(field), detail });
}

/** The finding about a tool whose name another one of the same vMCP has. */
export function compositeToolTwice(field: string, value: string, what: string): Finding {
  const detail = `${what}; ToolHive writes no configuration with both`;
  return duplicate({ rule: 'composite-tool-twice', field: withoutPositions(field), value, detail });
}

/** Everything in its composite tools that ToolHive refuses. */
export function checkCompositeTools(object: LoneObject): Finding[] {
  return toolsOf(object)
    .flatMap(({ tool, path }) => compositeToolProblems(tool, path))
    .map(({ path, message }) => compositeToolFault(path, message, object.kind));
}

/** Names that stand twice in a list. */
function twice(
  names: readonly (readonly [path: string, name: string | undefined])[],
  detail: string,
): Finding[] {
  const seen = new Set<string>();
  return names.flatMap(([path, name]) => {
    if (name === undefined || !seen.has(name)) {
      if (name !== undefined) seen.add(name);
      return [];
    }
    return [compositeToolTwice(path, name, detail)];
  });
}

/** Two tools of one name in one object, or one definition that it refers to twice. */
export function checkToolNames(object: LoneObject): Finding[] {
  const tools = toolsOf(object).map(({ tool, path }) => [`${path}.name`, textAt(tool, 'name')] as const);
  const refs = itemsAt(fieldsAt(object.spec, 'config'), 'compositeToolRefs').map(
    ([index, ref]) => [`spec.config.compositeToolRefs[${index}].name`, textAt(ref, 'name')] as const,
  );
  return [
    ...twice(tools, 'is the name of an earlier composite tool of this vMCP'),
    ...twice(refs, 'is referred to twice'),
  ];
}

/** What a template can read. Source: `buildTemplateContext` of toolhive v0.47.0, pkg/vmcp/composer. */
const ROOTS = ['params', 'steps', 'vars', 'workflow', 'forEach'];
/** Inside of these a field may belong to something else than the root. */
const REBINDS = /\{\{-?\s*(?:range|with|define|block)\b/;

function missing(text: string, steps: readonly Step[]): string | undefined {
  const parsed = templateOf(text);
  if (!parsed.ok || REBINDS.test(text)) return undefined;
  for (const path of parsed.fields) {
    const [, root = '', id] = path.split('.');
    if (!ROOTS.includes(root))
      return `reads .${root}, which is empty at run time; there are ${ROOTS.map((name) => `.${name}`).join(', ')}`;
    if (root === 'steps' && id !== undefined && !steps.some((step) => step.id === id))
      return `reads .steps.${id}, but no step has this id`;
  }
  return undefined;
}

/** Templates that read a step or a root that does not exist: they give an empty text or end the run. */
export function checkTemplateReferences(object: LoneObject): Finding[] {
  return toolsOf(object).flatMap(({ tool, path }) => {
    const steps = stepsOf(tool, path);
    return [...templatesOfTool(steps, valueAt(tool, 'output', 'properties'), path)].flatMap((template) => {
      const detail = missing(template.text, steps);
      return detail === undefined
        ? []
        : [invalid({ rule: 'composite-tool-reference', field: withoutPositions(template.path), detail })];
    });
  });
}
