import { fieldsAt, isRecord, scalarAt, valueAt } from '../../kubernetes/record.ts';
import { judgedStepsOf } from './steps.ts';
import { MAX_DEPTH, templatesOfStep } from './templates.ts';

/** How large a composite tool is, as far as it takes time to look at it. */
export interface ToolSize {
  /** Objects, lists and what they hold. */
  readonly values: number;
  /** Characters of the templates together, those without an action left out: they are not parsed. */
  readonly characters: number;
}

/** A tool in use has a tenth of it. All of a tool is read several times, and in one go. */
const MAX_VALUES = 50_000;
const MAX_CHARACTERS = 256 * 1_024;

/** What is looked at of a tool, or of all tools of a vMCP, in words. */
export const SIZE_LIMIT = `at most ${MAX_VALUES} values and templates of at most ${MAX_CHARACTERS} characters`;

/** The values in a value; one more than the limit when there are more. */
function valuesIn(value: unknown): number {
  const open: unknown[] = [value];
  let count = 0;
  while (open.length > 0 && count <= MAX_VALUES) {
    const next = open.pop();
    count++;
    if (typeof next !== 'object' || next === null) continue;
    for (const inner of Object.values(next)) if (open.push(inner) > MAX_VALUES) return MAX_VALUES + 1;
  }
  return count;
}

function charactersOf(text: string | undefined): number {
  return text?.includes('{{') ? text.length : 0;
}

function charactersOfStep(fields: unknown): number {
  let characters = 0;
  for (const { text } of templatesOfStep(fields, '')) characters += charactersOf(text);
  return characters;
}

function charactersOfOutput(properties: unknown, depth = 0): number {
  if (!isRecord(properties) || depth > MAX_DEPTH) return 0;
  let characters = 0;
  for (const property of Object.values(properties))
    characters +=
      charactersOf(scalarAt(property, 'value')) +
      charactersOfOutput(valueAt(property, 'properties'), depth + 1);
  return characters;
}

function charactersIn(tool: unknown): number {
  let characters = charactersOfOutput(valueAt(tool, 'output', 'properties'));
  for (const { fields } of judgedStepsOf(tool, ''))
    characters +=
      charactersOfStep(fields) +
      charactersOf(scalarAt(fields, 'collection')) +
      charactersOfStep(fieldsAt(fields, 'step'));
  return characters;
}

/** The size of a tool; of a very large one the characters are not counted. */
export function sizeOf(tool: unknown): ToolSize {
  const values = valuesIn(tool);
  return { values, characters: values > MAX_VALUES ? 0 : charactersIn(tool) };
}

/** True for what is small enough to be looked at. */
export function isSmall({ values, characters }: ToolSize): boolean {
  return values <= MAX_VALUES && characters <= MAX_CHARACTERS;
}
