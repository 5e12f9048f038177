import { Command, Option } from 'commander';
import { manifestCatalog } from '../catalog/manifests/manifestCatalog.ts';
import { DEFAULT_INJECTION_SETTINGS, type InjectionSettings } from '../injection/contract.ts';
import { injectManifests } from '../offline/inject.ts';
import { injectText, podsDiff, podsYaml, toInjectItem } from './injectReport.ts';
import { acceptManifests, inputsOf, type ManifestOptions, problemText, readInput } from './manifestInput.ts';
import { passedOverNote } from './passedOver.ts';
import { loadPolicy } from './policyOption.ts';
import { EXIT, fail, stdinBytes, write } from './stdio.ts';

interface InjectOptions extends ManifestOptions {
  readonly output: 'yaml' | 'json';
  readonly diff?: boolean;
  readonly unknownGroup: InjectionSettings['unknownGroup'];
  readonly unusableConfig: InjectionSettings['unusableConfig'];
  readonly failingConfig: InjectionSettings['failingConfig'];
}

async function runInject(paths: readonly string[], options: InjectOptions): Promise<number> {
  const loaded = await loadPolicy(options.policy);
  if (!loaded.ok) return fail(loaded.problems);
  const inputs = inputsOf(paths, options);
  if (inputs.length === 0)
    return fail(['nothing to inject: name files, folders or - (standard input), with or without -f']);
  const { documents, problems, passedOver } = await readInput(inputs, stdinBytes());
  const catalog = manifestCatalog(documents, { secrets: options.secrets === true });
  const { unknownGroup, unusableConfig, failingConfig } = options;
  const deps = { catalog, policy: loaded.policy, settings: { unknownGroup, unusableConfig, failingConfig } };
  const context = { signal: new AbortController().signal, now: new Date() };
  const items = await injectManifests(documents, deps, context);
  if (options.diff) await write(process.stdout, podsDiff(items));
  else if (options.output === 'json')
    await write(process.stdout, `${JSON.stringify(items.map(toInjectItem), null, 2)}\n`);
  else await write(process.stdout, podsYaml(items));
  await write(process.stderr, injectText(items) + passedOverNote(passedOver));
  if (problems.length > 0) return fail(problems.map(problemText));
  return items.some(({ injection }) => injection.decision === 'refused') ? EXIT.denied : EXIT.clean;
}

const AFTER = `
The Pods go to standard output, the report to standard error.

Exit codes:
  0  no Pod is refused
  1  a Pod is refused
  2  the input or the command line cannot be used

Examples:
  vmcp-admission inject examples/good
  vmcp-admission inject examples/good --diff
  kustomize build overlays/prod | vmcp-admission inject - -o json`;

/** `vmcp-admission inject`: the Pods as the webhook would fill them, before anything reaches a cluster. */
export function injectCommand(): Command {
  const choices = ['refuse', 'allow'] as const;
  const command = new Command('inject')
    .summary('print the vMCP Pods as the webhook would fill them')
    .description('Print the vMCP Pods as the webhook would fill them. All inputs together are the cluster.');
  return acceptManifests(command)
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
    .addOption(
      new Option('--failing-config <answer>', 'for a Pod whose vMCP would end at start because of its config')
        .choices(choices)
        .default(DEFAULT_INJECTION_SETTINGS.failingConfig),
    )
    .optionsGroup('Output:')
    .addOption(
      new Option('-o, --output <format>', 'form of the Pods').choices(['yaml', 'json']).default('yaml'),
    )
    .option('--diff', 'print a unified diff against the Pods of the input')
    .addHelpText('after', AFTER)
    .action(async (paths: string[], options: InjectOptions) => {
      process.exitCode = await runInject(paths, options);
    });
}
