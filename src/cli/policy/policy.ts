import { Command } from 'commander';
import { counted } from '../../text/line.ts';
import { policyNote } from '../shared/policyNote.ts';
import { loadPolicy } from '../shared/policyOption.ts';
import { EXIT, fail, write } from '../shared/stdio.ts';
import { exportCommand } from './policyExport.ts';
import { runPolicyTests } from './policyTest.ts';

/** Reads a policy file and says what is wrong with it; resolves to the exit code. */
async function checkPolicy(file: string): Promise<number> {
  const loaded = await loadPolicy(file);
  if (!loaded.ok) return fail(loaded.problems);
  const { scopes, credentials, exceptions } = loaded.policy;
  const parts = [
    counted(scopes.length, 'scope'),
    counted(credentials.size, 'credential'),
    counted([...exceptions.values()].flat().length, 'exception'),
  ];
  await write(process.stdout, `${file}: can be used (${parts.join(', ')})\n`);
  await write(process.stderr, policyNote(loaded.policy, new Date()));
  return EXIT.clean;
}

const AFTER_TEST = `
Exit codes:
  0  every case is as expected
  1  a case is not
  2  the cases, the policy or the command line cannot be used

A file of cases, its name ending in .test.yaml:
  policy: policy.yaml
  now: "2026-06-01"                  # for exceptions; default: today
  cluster: [manifests/group.yaml]    # files or objects that exist
  cases:
    - name: payments may call Stripe alone
      user: alice
      groups: [payments]
      objects: [manifests/crm.yaml]  # files or objects that are applied
      expect:                        # or: allowed
        denied: [remote-host-not-allowed]`;

/** `vmcp-admission policy`: what can be done with a policy file beside running it. */
export function policyCommand(): Command {
  const command = new Command('policy').description('check a policy file, run its tests, or export it');
  command
    .command('check')
    .description('say what is wrong with a policy file, with line and column')
    .argument('<file>', 'policy file')
    .action(async (file: string) => {
      process.exitCode = await checkPolicy(file);
    });
  command
    .command('test')
    .description('judge the cases of a policy, and compare the answers with those that are expected')
    .argument('<path...>', 'files of cases, or folders in which the names of such files end in .test.yaml')
    .option('--policy <file>', 'this policy in place of the one that the cases name')
    .addHelpText('after', AFTER_TEST)
    .action(async (paths: string[], options: { policy?: string }) => {
      process.exitCode = await runPolicyTests(paths, options);
    });
  return command.addCommand(exportCommand());
}
