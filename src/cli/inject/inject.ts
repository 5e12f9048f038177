import { Command, Option } from 'commander';
import { TOOLHIVE_COLLECTIONS } from '../../catalog/kubernetes/collections.ts';
import { DEFAULT_INJECTION_SETTINGS, type InjectionSettings } from '../../injection/contract.ts';
import type { InjectionDeps } from '../../injection/injector.ts';
import { injectManifests } from '../../offline/inject.ts';
import { compareAll } from '../../offline/stale.ts';
import { POD_COLLECTIONS, WORKLOAD_COLLECTIONS } from '../../offline/workloads.ts';
import type { Policy } from '../../rules/policy/policy.ts';
import { groupStale } from '../../stale/staleness.ts';
import { acceptCluster, type ClusterOptions, clusterFlags, inputFault } from '../input/clusterOptions.ts';
import { type CommandInput, runOnInput } from '../input/commandInput.ts';
import {
  acceptManifests,
  inputsOf,
  type ManifestOptions,
  problemText,
  readInput,
} from '../input/manifestInput.ts';
import { loadPolicy } from '../shared/policyOption.ts';
import { EXIT, fail, stdinBytes, write } from '../shared/stdio.ts';
import { injectText, podsDiff, podsYaml, toInjectItem } from './injectReport.ts';
import { staleText, toStaleItems, unknownNote } from './staleReport.ts';

interface InjectOptions extends ManifestOptions, ClusterOptions {
  readonly output: 'yaml' | 'json';
  readonly diff?: boolean;
  readonly stale?: boolean;
  readonly unknownGroup: InjectionSettings['unknownGroup'];
  readonly unusableConfig: InjectionSettings['unusableConfig'];
  readonly failingConfig: InjectionSettings['failingConfig'];
}

const NO_INPUT =
  'nothing to inject: name files, folders or - (standard input), with or without -f, or --cluster for the vMCPs of the live cluster';

async function runInject(paths: readonly string[], options: InjectOptions): Promise<number> {
  const loaded = await loadPolicy(options.policy);
  if (!loaded.ok) return fail(loaded.problems);
  const names = inputsOf(paths, options);
  if (options.stale && (!options.cluster || names.length > 0))
    return fail(['--stale compares the Pods of a live cluster: give --cluster, and no files']);
  const fault = inputFault(options, names.length > 0, NO_INPUT);
  if (fault !== undefined) return fail([fault]);
  const read = (files: readonly string[]) => readInput(files, stdinBytes());
  const more = options.stale ? POD_COLLECTIONS : names.length === 0 ? WORKLOAD_COLLECTIONS : [];
  const collections = [...TOOLHIVE_COLLECTIONS, ...more];
  const run = options.stale ? findStale : injectInput;
  return runOnInput({ names, options, read, collections }, (input) => run(input, loaded.policy, options));
}

function depsOf({ catalog }: CommandInput, policy: Policy, options: InjectOptions): InjectionDeps {
  const { unknownGroup, unusableConfig, failingConfig } = options;
  return { catalog, policy, settings: { unknownGroup, unusableConfig, failingConfig } };
}

/** Compares the Pods of the cluster with what they would be now and prints those that differ; resolves to the exit code. */
async function findStale(input: CommandInput, policy: Policy, options: InjectOptions): Promise<number> {
  const context = { signal: new AbortController().signal, now: new Date() };
  const { compared, unknown } = await compareAll(
    input.documents,
    { ...depsOf(input, policy, options), values: input.metadata },
    input.unread,
    context,
  );
  const stale = groupStale(compared);
  const flags = clusterFlags(options);
  const items = () => JSON.stringify(toStaleItems(stale, flags), null, 2);
  const text = options.output === 'json' ? `${items()}\n` : staleText(compared, stale, flags);
  await write(process.stdout, text);
  const left =
    unknown > 0
      ? `vMCP Pods not compared, because not all that they depend on could be read: ${unknown}\n`
      : '';
  await write(process.stderr, input.note() + left + unknownNote(compared));
  const { problems } = input;
  if (problems.length > 0) return fail(problems.map(problemText));
  if (unknown > 0 && compared.length === 0) return EXIT.unusable;
  return stale.length > 0 ? EXIT.denied : EXIT.clean;
}

/** Fills the Pods of the input and prints them; resolves to the exit code. */
async function injectInput(input: CommandInput, policy: Policy, options: InjectOptions): Promise<number> {
  const { documents, problems } = input;
  const deps = depsOf(input, policy, options);
  const context = { signal: new AbortController().signal, now: new Date() };
  const items = await injectManifests(documents, deps, context);
  if (options.diff) await write(process.stdout, podsDiff(items));
  else if (options.output === 'json')
    await write(process.stdout, `${JSON.stringify(items.map(toInjectItem), null, 2)}\n`);
  else await write(process.stdout, podsYaml(items));
  // Files that cannot be read say enough about an input without Pods.
  const report = items.length === 0 && problems.length > 0 ? '' : injectText(items);
  await write(process.stderr, report + input.note());
  if (problems.length > 0) return fail(problems.map(problemText));
  return items.some(({ injection }) => injection.decision === 'refused') ? EXIT.denied : EXIT.clean;
}

const AFTER = `
The Pods go to standard output, the report to standard error.

Exit codes:
  0  no Pod is refused; with --stale: no Pod is stale
  1  a Pod is refused; with --stale: a Pod is stale
  2  the input, the cluster or the command line cannot be used

Examples:
  vmcp-admission inject examples/good
  vmcp-admission inject examples/good --diff
  kustomize build overlays/prod | vmcp-admission inject - -o json
  vmcp-admission inject --cluster
  vmcp-admission inject --cluster --stale`;

/** `vmcp-admission inject`: the Pods as the webhook would fill them, before anything reaches a cluster. */
export function injectCommand(): Command {
  const choices = ['refuse', 'allow'] as const;
  const command = new Command('inject')
    .summary('print the vMCP Pods as the webhook would fill them')
    .description(
      'Print the vMCP Pods as the webhook would fill them. All inputs together are the cluster; with --cluster, the live one is looked up, too.',
    );
  return acceptCluster(acceptManifests(command))
    .optionsGroup('Settings of the webhook:')
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
    .option(
      '--stale',
      'print which Pods of the live cluster keep what new ones would not be given, with --cluster',
    )
    .addHelpText('after', AFTER)
    .action(async (paths: string[], options: InjectOptions) => {
      process.exitCode = await runInject(paths, options);
    });
}
