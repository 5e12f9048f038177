import type { RulePage } from '../../../scripts/rule-docs/page.ts';
import { type Sample, toolhiveSamples, type Which } from '../../../scripts/rule-docs/record.ts';
import type { ApiAnswer } from '../../support/cluster/adminApi.ts';
import type { ObjectApi } from '../../support/cluster/objectApi.ts';
import type { CommandResult } from '../../support/command.ts';

const DRY_RUN = 'dryRun=All';

function send({ kind }: RulePage, sample: Sample, api: ObjectApi): Promise<ApiAnswer> {
  const { spec, status } = sample;
  if (kind === 'apply') return api.apply(sample, DRY_RUN);
  if (kind === 'update') return api.patch(sample, { spec }, DRY_RUN);
  if (kind === 'status') return api.patch(sample, { status }, DRY_RUN, 'status');
  return api.delete(sample, DRY_RUN);
}

/** An answer as kubectl would tell it. */
function told({ status, body, warnings }: ApiAnswer): CommandResult {
  const refused = status < 300 ? '' : `Error from server: ${body}\n`;
  const stderr = warnings.map((warning) => `Warning: ${warning}\n`).join('') + refused;
  return { code: status < 300 ? 0 : 1, stdout: '', stderr };
}

/** Sends an example to the API server without storing anything; one result for each of its objects. */
export async function sendExample(page: RulePage, which: Which, api: ObjectApi): Promise<CommandResult[]> {
  const results: CommandResult[] = [];
  for (const sample of await toolhiveSamples(page, which)) results.push(told(await send(page, sample, api)));
  return results;
}
