/** How large a composite tool is, as far as it takes time to look at it. */
export interface ToolSize {
  /** Objects, lists and what they hold. */
  readonly values: number;
  /** Characters of all texts with an action, as those that are parsed as templates have. */
  readonly characters: number;
}

/** A tool in use has a tenth of it. All of a tool is read several times, and in one go. */
const MAX_VALUES = 50_000;
const MAX_CHARACTERS = 256 * 1_024;

/** What is looked at of a tool, or of all tools of a vMCP, in words. */
export const SIZE_LIMIT = `at most ${MAX_VALUES} values and templates of at most ${MAX_CHARACTERS} characters`;

/** The size of a tool; of a very large one not all is counted. */
export function sizeOf(tool: unknown): ToolSize {
  const open: unknown[] = [tool];
  let values = 0;
  let characters = 0;
  while (open.length > 0 && values <= MAX_VALUES) {
    const next = open.pop();
    values++;
    if (typeof next === 'string' && next.includes('{{')) characters += next.length;
    if (typeof next !== 'object' || next === null) continue;
    for (const inner of Object.values(next))
      if (open.push(inner) > MAX_VALUES) return { values: MAX_VALUES + 1, characters };
  }
  return { values, characters };
}

/** True for what is small enough to be looked at. */
export function isSmall({ values, characters }: ToolSize): boolean {
  return values <= MAX_VALUES && characters <= MAX_CHARACTERS;
}
