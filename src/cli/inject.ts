import { Command, Option } from 'commander';
import { ConnectionError } from '../catalog/kubernetes/errors.ts';
import { TOOLHIVE_COLLECTIONS } from '../catalog/kubernetes/snapshot.ts';
import { DEFAULT_INJECTION_SETTINGS, type InjectionSettings } from '../injection/contract.ts';
import { injectManifests } from '../offline/inject.ts';
import { WORKLOAD_COLLECTIONS } from '../offline/workloads.ts';
import type { Policy } from '../rules/policy/policy.ts';
import { acceptCluster, type ClusterOptions, clusterFault } from './clusterOptions.ts';
import { type CommandInput, withInput } from './commandInput.ts';
import { injectText, podsDiff, podsYaml, toInjectItem } from './injectReport.ts';
import { acceptManifests, inputsOf, type ManifestOptions, problemText, readInput } from './manifestInput.ts';
import { loadPolicy } from './policyOption.ts';
import { EXIT, fail, stdinBytes, write } from './stdio.ts';

interface InjectOptions extends ManifestOptions, ClusterOptions {
  readonly output: 'yaml' | 'json';
  readonly diff?: boolean;
  readonly unknownGroup: InjectionSettings['unknownGroup'];
  readonly unusableConfig: InjectionSettings['unusableConfig'];
  readonly failingConfig: InjectionSettings['failingConfig'];
}

async function runInject(paths: readonly string[], options: InjectOptions): Promise<number> {
  const loaded = await loadPolicy(options.policy);
  if (!loaded.ok) return fail(loaded.problems);
  const names = inputsOf(paths, options);
  const fault = clusterFault(options, names.length > 0);
  if (fault !== undefined) return fail([fault]);
  if (names.length === 0 && !options.cluster)
    return fail([
      'nothing to inject: name files, folders or - (standard input), with or without -f, or --cluster for the vMCPs of the live cluster',
    ]);
  const read = (files: readonly string[]) => readInput(files, stdinBytes());
  const collections = [...TOOLHIVE_COLLECTIONS, ...(names.length === 0 ? WORKLOAD_COLLECTIONS : [])];
  try {
    return await withInput({ names, options, read, collections }, (input) =>
      injectInput(input, loaded.policy, options),
    );
  } catch (error) {
    if (error instanceof ConnectionError) return fail([error.message]);
    throw error;
  }
}

/** Fills the Pods of the input and prints them; resolves to the exit code. */
async function injectInput(input: CommandInput, policy: Policy, options: InjectOptions): Promise<number> {
  const { documents, catalog, problems } = input;
  const { unknownGroup, unusableConfig, failingConfig } = options;
  const deps = { catalog, policy, settings: { unknownGroup, unusableConfig, failingConfig } };
  const context = { signal: new AbortController().signal, now: new Date() };
  const items = await injectManifests(documents, deps, context);
  if (options.diff) await write(process.stdout, podsDiff(items));
  else if (options.output === 'json')
    await write(process.stdout, `${JSON.stringify(items.map(toInjectItem), null, 2)}\n`);
  else await write(process.stdout, podsYaml(items));
  await write(process.stderr, injectText(items) + input.note());
  if (problems.length > 0) return fail(problems.map(problemText));
  return items.some(({ injection }) => injection.decision === 'refused') ? EXIT.denied : EXIT.clean;
}

const AFTER = `
The Pods go to standard output, the report to standard error.

Exit codes:
  0  no Pod is refused
  1  a Pod is refused
  2  the input, the cluster or the command line cannot be used

Examples:
  vmcp-admission inject examples/good
  vmcp-admission inject examples/good --diff
  kustomize build overlays/prod | vmcp-admission inject - -o json
  vmcp-admission inject --cluster`;

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
    .addHelpText('after', AFTER)
    .action(async (paths: string[], options: InjectOptions) => {
      process.exitCode = await runInject(paths, options);
    });
}
