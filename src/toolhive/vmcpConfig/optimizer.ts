import { fieldsAt, scalarAt } from '../../kubernetes/record.ts';
import { isHeaderToken } from '../headerNames.ts';
import type { ConfigProblem } from './typeProblems.ts';

const RANGES = { hybridSearchSemanticRatio: 1, semanticDistanceThreshold: 2 } as const;
const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const MAX_TOOLS = 50;
const PROVIDERS = ['', 'tei', 'openai'];
const NEVER_SENT = new Set(['authorization', 'content-type']);

/**
 * What ends the vMCP in its optimizer block. Where embeddings come from without a provider is known to the operator alone.
 * Source: `GetAndValidateConfig` of toolhive v0.47.0, pkg/vmcp/optimizer.
 */
export function optimizerProblems(optimizer: unknown): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const bad = (field: string, message: string) =>
    problems.push({ path: `optimizer.${field}`, message, stage: 'start' });
  const provider = scalarAt(optimizer, 'embeddingProvider') ?? '';
  if (!PROVIDERS.includes(provider)) bad('embeddingProvider', 'must be tei or openai');
  for (const [name, most] of Object.entries(RANGES)) {
    const text = scalarAt(optimizer, name);
    if (text !== undefined && !(DECIMAL.test(text) && Number(text) >= 0 && Number(text) <= most))
      bad(name, `must be a number from 0 to ${most}`);
  }
  // Zero is as if it were absent.
  const tools = Math.trunc(Number(scalarAt(optimizer, 'maxToolsToReturn') ?? 0));
  if (tools < 0 || tools > MAX_TOOLS) bad('maxToolsToReturn', `must be from 1 to ${MAX_TOOLS}`);
  if (provider === 'openai')
    for (const field of ['embeddingService', 'embeddingModel'])
      if (scalarAt(optimizer, field) === undefined) bad(field, 'is required for the provider openai');
  const names = Object.keys(fieldsAt(optimizer, 'embeddingHeaders') ?? {});
  const wrong = names.filter((name) => !isHeaderToken(name) || NEVER_SENT.has(name.toLowerCase()));
  if (names.length > 0 && provider !== 'openai')
    bad('embeddingHeaders', 'must only be set for the provider openai');
  else if (wrong.length > 0)
    problems.push({
      path: 'optimizer.embeddingHeaders',
      message: `has ${wrong.length} names that are not HTTP header names, or Authorization or Content-Type`,
      stage: 'start',
      count: wrong.length,
    });
  return problems;
}
