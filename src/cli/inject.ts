import { Command, Option } from 'commander';
import { manifestCatalog } from '../catalog/manifests/manifestCatalog.ts';
import { DEFAULT_INJECTION_SETTINGS, type InjectionSettings } from '../injection/contract.ts';
import { injectManifests } from '../offline/inject.ts';
import { problemText } from './checkReport.ts';
import { injectText, podsDiff, podsYaml, toInjectItem } from './injectReport.ts';
import { readInput } from './manifestInput.ts';
import { loadPolicy } from './policyOption.ts';
import { collect, EXIT, stdinBytes, write } from './stdio.ts';

interface InjectOptions {
  readonly filename: readonly string[];
  readonly output: 'yaml' | 'json';
  readonly diff?: boolean;
  readonly policy?: string;
  readonly secrets?: boolean;
  readonly unknownGroup: InjectionSettings['unknownGroup'];
  readonly unusableConfig: InjectionSettings['unusableConfig'];
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}

async function runInject(options: InjectOptions): Promise<number> {
  const fail = async (texts: readonly string[]): Promise<number> => {
    await write(process.stderr, lines(texts));
    return EXIT.unusable;
  };
  const loaded = await loadPolicy(options.policy);
  if (!loaded.ok) return fail(loaded.problems);
  if (options.filename.length === 0)
    return fail(['nothing to inject: name a file, a folder or - (standard input) with -f']);
  const { documents, problems } = await readInput(options.filename, stdinBytes());
  const catalog = manifestCatalog(documents, { secrets: options.secrets === true });
  const { unknownGroup, unusableConfig } = options;
  const deps = { catalog, policy: loaded.policy, settings: { unknownGroup, unusableConfig } };
  const context = { signal: new AbortController().signal, now: new Date() };
  const items = await injectManifests(documents, deps, context);
  if (options.diff) await write(process.stdout, podsDiff(items));
  else if (options.output === 'json')
    await write(process.stdout, `${JSON.stringify(items.map(toInjectItem), null, 2)}\n`);
  else await write(process.stdout, podsYaml(items));
  await write(process.stderr, injectText(items));
  if (problems.length > 0) return fail(problems.map(problemText));
  return items.some(({ injection }) => injection.decision === 'refused') ? EXIT.denied : EXIT.clean;
}

/** `vmcp-admission inject`: the Pods as the webhook would fill them, before anything reaches a cluster. */
export function injectCommand(): Command {
  const choices = ['refuse', 'allow'] as const;
  return new Command('inject')
    .description('print the vMCP Pods of a folder, file or pipe as the webhook would fill them')
    .option('-f, --filename <file|dir|->', 'manifests to read; may be given several times', collect, [])
    .addOption(new Option('--output <form>', 'yaml or json').choices(['yaml', 'json']).default('yaml'))
    .option('--diff', 'print a unified diff against the Pods of the input')
    .option('--policy <file>', 'levels of rules and other settings, as the webhook has them')
    .option('--secrets', 'the input holds the Secrets too: leave out backends whose Secret is missing')
    .addOption(
      new Option('--unknown-group <answer>', 'for a self-managed Pod whose group does not exist')
        .choices(choices)
        .default(DEFAULT_INJECTION_SETTINGS.unknownGroup),
    )
    .addOption(
      new Option('--unusable-config <answer>', 'for a Pod whose base config cannot be merged')
        .choices(choices)
        .default(DEFAULT_INJECTION_SETTINGS.unusableConfig),
    )
    .addHelpText(
      'after',
      '\nThe Pods go to standard output, the report to standard error.\nExit code: 0 nothing refused, 1 a Pod refused, 2 input or usage that cannot be used.',
    )
    .action(async (options: InjectOptions) => {
      process.exitCode = await runInject(options);
    });
}
