import type { CommandResult } from '../../test/support/command.ts';
import { judgeExample } from './examples.ts';
import type { RulePage } from './page.ts';
import type { Which } from './record.ts';

/** A line about what vMCPs will serve, which offline only an update has. */
const PREVIEW = '[vmcp-backends-change]';

/**
 * True when kubectl got the answer that the engine gives offline: denied or not, and as many warnings. Right after
 * objects were stored the webhook may not have seen them yet, and says other things.
 */
export async function saysExpected(
  page: RulePage,
  which: Which,
  results: readonly CommandResult[],
): Promise<boolean> {
  const expected = await judgeExample(page, which);
  const lines = results.flatMap(({ stderr }) => stderr.match(/^Warning: .*$/gm) ?? []);
  const warnings = lines.filter((line) => page.kind !== 'apply' || !line.endsWith(PREVIEW)).length;
  const denied = results.some(({ code }) => code !== 0);
  return denied === expected.denied && warnings === (expected.denied ? 0 : expected.rules.length);
}
