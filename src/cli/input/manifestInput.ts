import type { Command } from 'commander';
import type { ByteSource } from '../../catalog/manifests/files.ts';
import type { ManifestInput, ManifestProblem } from '../../catalog/manifests/manifest.ts';
import { readManifests } from '../../catalog/manifests/readManifests.ts';
import { misspeltKinds, unknownVersions } from '../../offline/unjudged.ts';
import { oneLine } from '../../text/line.ts';

/** The options of the commands that read manifests. */
export interface ManifestOptions {
  readonly filename?: readonly string[];
  readonly policy?: string;
  readonly secrets?: boolean;
}

/** Adds the inputs to a command: paths, and options that say how they are judged. */
export function acceptManifests(command: Command): Command {
  const collect = (value: string, before: readonly string[] = []) => [...before, value];
  return command
    .argument('[path...]', 'files, folders (*.yaml, *.yml, *.json below them) or - for standard input')
    .optionsGroup('Input:')
    .option('-f, --filename <path>', 'the same as PATH; may be given several times', collect)
    .option('--policy <file>', 'levels of rules and other settings, as the webhook has them')
    .option(
      '--secrets',
      'judge references to Secrets, too: the files have them all, or the user may get them in the cluster',
    );
}

export function inputsOf(paths: readonly string[], { filename }: ManifestOptions): readonly string[] {
  return [...paths, ...(filename ?? [])];
}

/** `file:line:column: message`, as compilers print it. */
export function problemText({ file, line, column, message }: ManifestProblem): string {
  return oneLine(`${[file, line, column].filter((part) => part !== undefined).join(':')}: ${message}`);
}

/** The manifests of the inputs, for `check`, which judges misspelt kinds by a rule. */
export async function readToCheck(inputs: readonly string[], stdin?: ByteSource): Promise<ManifestInput> {
  const { documents, problems, passedOver } = await readManifests(inputs, stdin);
  return { documents, problems: [...problems, ...unknownVersions(documents)], passedOver };
}

/** The manifests of the inputs. A misspelt kind is a problem, since it would be passed over. */
export async function readInput(inputs: readonly string[], stdin?: ByteSource): Promise<ManifestInput> {
  const { documents, problems, passedOver } = await readToCheck(inputs, stdin);
  return { documents, problems: [...problems, ...misspeltKinds(documents)], passedOver };
}
