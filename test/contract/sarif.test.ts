import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/cli/check/formats/formats.ts';
import { readPages } from '../../src/cli/shared/rulePages.ts';
import { defaultPolicy } from '../../src/rules/policy/policy.ts';
import { findNpmTool } from '../support/npmTool.ts';
import { BROKEN, CLEAN, DENIED, reportOn, STRANGE } from '../unit/cli/check/formats/support.ts';

/** Microsoft's validator of SARIF, with the rules of GitHub's code scanning. */
const MULTITOOL = { name: '@microsoft/sarif-multitool-linux', version: '5.7.0', program: 'Sarif.Multitool' };

const found =
  process.platform === 'linux' && process.arch === 'x64'
    ? await findNpmTool(MULTITOOL)
    : { missing: 'the validator of SARIF is a program for Linux on x64' };
if ('missing' in found && process.env.CI === 'true') throw new Error(found.missing);
if ('missing' in found) console.error(`contract: skipped: ${found.missing}`);

/** The rule that asks each address of a log over the network is off. */
const CONFIG = `<?xml version="1.0" encoding="utf-8"?>
<Properties>
  <Properties Key="SARIF2006.UrisShouldBeReachable.Options">
    <Property Key="RuleEnabled" Value="Disabled" />
  </Properties>
</Properties>
`;

async function sarifOf(files: Readonly<Record<string, string>>): Promise<string> {
  const context = { policy: defaultPolicy(), colour: false, pages: await readPages() };
  return FORMATS.sarif?.(await reportOn(files), context) ?? '';
}

describe.skipIf('missing' in found)('the SARIF of check', () => {
  const program = 'program' in found ? found.program : '';
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sarif-'));
    await chmod(program, 0o755);
    await writeFile(join(folder, 'config.xml'), CONFIG);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** What the validator says about logs, a line for each finding. */
  async function findingsOn(...logs: readonly string[]): Promise<string[]> {
    const files = logs.map((_, index) => join(folder, `${index}.sarif`));
    for (const [index, file] of files.entries()) await writeFile(file, logs[index] ?? '');
    const args = ['validate', '--rule-kind', 'Sarif;Ghas', '--config', join(folder, 'config.xml'), ...files];
    const env = { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' };
    const { stdout, stderr } = await promisify(execFile)(program, args, { env });
    expect(stdout, stderr).toContain(`${logs.length} files scanned`);
    return stdout.split('\n').filter((line) => /\.sarif\(\d+,\d+\): (?:error|warning) /.test(line));
  }

  it('is valid for GitHub, with findings, without, and for input that cannot be judged', async () => {
    const logs = await Promise.all([CLEAN, DENIED, BROKEN, STRANGE].map(sarifOf));
    expect(await findingsOn(...logs)).toEqual([]);
  });

  it('would not be valid without the description of a rule', async () => {
    const log = (await sarifOf(DENIED)).replace('"fullDescription"', '"description"');
    expect((await findingsOn(log)).join('\n')).toContain('fullDescription');
  });
});
