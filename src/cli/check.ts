import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { manifestCatalog } from '../catalog/manifests/manifestCatalog.ts';
import { reviewManifests } from '../offline/check.ts';
import { policyDocument } from '../rules/policy/policyFile.ts';
import { checkText, problemText, toItem } from './checkReport.ts';
import { readToCheck } from './manifestInput.ts';
import { loadPolicy } from './policyOption.ts';
import { collect, EXIT, stdinBytes, write } from './stdio.ts';

interface CheckOptions {
  readonly filename: readonly string[];
  readonly output: 'text' | 'json';
  readonly policy?: string;
  readonly showPolicy?: boolean;
  readonly secrets?: boolean;
}

async function runCheck(options: CheckOptions): Promise<number> {
  const fail = async (lines: readonly string[]): Promise<number> => {
    await write(process.stderr, lines.map((line) => `${line}\n`).join(''));
    return EXIT.unusable;
  };
  const loaded = await loadPolicy(options.policy);
  if (!loaded.ok) return fail(loaded.problems);
  const { policy } = loaded;
  if (options.showPolicy) {
    const document = policyDocument(policy);
    await write(
      process.stdout,
      options.output === 'json' ? `${JSON.stringify(document, null, 2)}\n` : stringify(document),
    );
    return EXIT.clean;
  }
  if (options.filename.length === 0)
    return fail(['nothing to check: name a file, a folder or - (standard input) with -f']);
  const { documents, problems } = await readToCheck(options.filename, stdinBytes());
  const catalog = manifestCatalog(documents, { secrets: options.secrets === true });
  const deps = { catalog, policy, now: new Date(), signal: new AbortController().signal };
  const items = (await reviewManifests(documents, deps)).map(toItem);
  const colour = process.stdout.hasColors?.() ?? false;
  await write(
    process.stdout,
    options.output === 'json' ? `${JSON.stringify(items, null, 2)}\n` : checkText(items, colour),
  );
  if (problems.length > 0) return fail(problems.map(problemText));
  return items.some(({ allowed }) => !allowed) ? EXIT.denied : EXIT.clean;
}

/** `vmcp-admission check`: the webhook's own verdicts on manifests, before anything reaches a cluster. */
export function checkCommand(): Command {
  return new Command('check')
    .description('review the manifests of a folder, file or pipe with the rules of the webhook')
    .option('-f, --filename <file|dir|->', 'manifests to review; may be given several times', collect, [])
    .addOption(new Option('--output <form>', 'text or json').choices(['text', 'json']).default('text'))
    .option('--policy <file>', 'levels of rules and other settings, as the webhook has them')
    .option('--show-policy', 'print the policy in effect and stop')
    .option('--secrets', 'the input holds the Secrets too: say which are missing or unusable')
    .addHelpText(
      'after',
      '\nExit code: 0 nothing denied, 1 something denied, 2 input or usage that cannot be used.',
    )
    .action(async (options: CheckOptions) => {
      process.exitCode = await runCheck(options);
    });
}
