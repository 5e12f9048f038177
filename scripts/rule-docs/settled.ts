import type { KubectlResult } from '../../test/support/cluster/kubectl.ts';
import { judgeExample } from './examples.ts';
import type { RulePage } from './page.ts';
import type { Which } from './record.ts';

/**
 * True when kubectl got the answer that the engine gives offline: denied or not, and as many warnings. Right after
 * objects were stored the webhook may not have seen them yet, and says other things.
 */
export async function saysExpected(
  page: RulePage,
  which: Which,
  results: readonly KubectlResult[],
): Promise<boolean> {
  const expected = await judgeExample(page, which);
  const warnings = results.reduce((sum, { stderr }) => sum + (stderr.match(/^Warning: /gm)?.length ?? 0), 0);
  const denied = results.some(({ code }) => code !== 0);
  return denied === expected.denied && warnings === (expected.denied ? 0 : expected.rules.length);
}
