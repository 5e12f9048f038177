import { isRecord, itemsAt, valueAt } from '../../kubernetes/record.ts';
import { pathKey } from '../../text/line.ts';
import { compositeToolProblems } from '../compositeTools/tool.ts';
import { backendListProblems } from './backends.ts';
import {
  aggregationProblems,
  compositeToolRefsProblems,
  incomingAuthProblems,
  operationalProblems,
  passthroughProblems,
} from './sections.ts';
import { VMCP_CONFIG } from './shape.ts';
import { startProblems } from './start.ts';
import { type HasVariable, strategyProblems } from './strategies.ts';
import { type ConfigProblem, textOf, typeProblems } from './typeProblems.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What the vMCP's validator asks of a section, when the types of its values are right. */
const SECTIONS: Readonly<Record<string, (value: unknown) => ConfigProblem[]>> = {
  incomingAuth: incomingAuthProblems,
  aggregation: aggregationProblems,
  operational: operationalProblems,
  compositeTools: compositeToolsProblems,
  compositeToolRefs: compositeToolRefsProblems,
  passthroughHeaders: passthroughProblems,
};

function compositeToolsProblems(tools: unknown): ConfigProblem[] {
  const names = new Set<unknown>();
  return itemsAt({ tools }, 'tools').flatMap(([index, tool]) => {
    const path = `compositeTools[${index}]`;
    const name = textOf(valueAt(tool, 'name'));
    const twice = names.has(name) ? [{ path: `${path}.name`, message: 'is listed twice' }] : [];
    names.add(name);
    return [...twice, ...compositeToolProblems(tool, path)];
  });
}

function sectionProblems(config: Fields, field: string): ConfigProblem[] {
  const shape = VMCP_CONFIG.fields[field];
  const problems = shape ? typeProblems(config[field], shape, field) : [];
  return problems.length > 0 ? problems : (SECTIONS[field]?.(config[field]) ?? []);
}

function outgoingAuthProblems(auth: unknown, has: HasVariable): ConfigProblem[] {
  if (!isRecord(auth)) return [{ path: 'outgoingAuth', message: 'is required' }];
  const { default: fallback, backends, ...others } = auth;
  const problems = typeProblems({ outgoingAuth: others }, VMCP_CONFIG, '');
  const source = textOf(others.source);
  if (source !== undefined && source !== 'inline' && source !== 'discovered')
    problems.push({ path: 'outgoingAuth.source', message: 'must be "inline" or "discovered"' });
  if (fallback !== undefined && fallback !== null)
    problems.push(...strategyProblems(fallback, 'outgoingAuth.default', has));
  if (backends === undefined || backends === null) return problems;
  if (!isRecord(backends))
    return [...problems, { path: 'outgoingAuth.backends', message: 'must be a mapping' }];
  for (const [name, strategy] of Object.entries(backends))
    problems.push(...strategyProblems(strategy, `outgoingAuth.backends[${pathKey(name)}]`, has));
  return problems;
}

function backendsProblems(backends: unknown): readonly ConfigProblem[] {
  if (backends === undefined || backends === null) return [];
  return Array.isArray(backends)
    ? backendListProblems(backends)
    : [{ path: 'backends', message: 'must be a list' }];
}

/**
 * Everything in a config for which the vMCP ends: what its loader and validator refuse, else what stops its server. Pure;
 * never throws. Held against ToolHive's own code by test/contract.
 */
export function configProblems(config: unknown, has: HasVariable): ConfigProblem[] {
  if (!isRecord(config)) return [{ path: '', message: 'must be a mapping' }];
  const unknown = Object.keys(config).filter((field) => !Object.hasOwn(VMCP_CONFIG.fields, field));
  const problems = unknown.map((key) => ({
    path: pathKey(key),
    message: 'is not a field that the vMCP knows',
  }));
  for (const field of ['name', 'groupRef'])
    if (!textOf(config[field])) problems.push({ path: field, message: 'must be a string that is not empty' });
  for (const field of Object.keys(VMCP_CONFIG.fields)) {
    if (field === 'name' || field === 'groupRef') continue;
    if (field === 'outgoingAuth') problems.push(...outgoingAuthProblems(config.outgoingAuth, has));
    else if (field === 'backends') problems.push(...backendsProblems(config.backends));
    else problems.push(...sectionProblems(config, field));
  }
  return problems.length > 0 ? problems : startProblems(config);
}
