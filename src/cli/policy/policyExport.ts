import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { docsUrl } from '../../docs.ts';
import { vapObjects } from '../../vap/policies.ts';
import { VERSION } from '../../version.ts';
import { loadPolicy } from '../shared/policyOption.ts';
import { EXIT, fail, write } from '../shared/stdio.ts';

interface ExportOptions {
  readonly format: 'vap';
  readonly policy?: string;
}

const HEAD = `# Made by vmcp-admission ${VERSION}: policy export --format vap. For Kubernetes 1.31 or newer.
# What the webhook sees beyond these: ${docsUrl('docs/policy-export.md')}
`;

async function run({ policy }: ExportOptions): Promise<number> {
  const loaded = await loadPolicy(policy);
  if (!loaded.ok) return fail(loaded.problems);
  const documents = vapObjects(loaded.policy).map((object) => stringify(object, { lineWidth: 0 }));
  await write(process.stdout, HEAD + documents.join('---\n'));
  return EXIT.clean;
}

/** `vmcp-admission policy export`. */
export function exportCommand(): Command {
  return new Command('export')
    .description('print ValidatingAdmissionPolicies for the rules that look at one object alone')
    .addOption(new Option('--format <format>', 'what is printed').choices(['vap']).default('vap'))
    .option('--policy <file>', 'levels of rules and other settings')
    .action(async (options: ExportOptions) => {
      process.exitCode = await run(options);
    });
}
