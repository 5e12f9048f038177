import { type Command, InvalidArgumentError } from 'commander';
import { isDnsLabel } from '../../kubernetes/objectNames.ts';
import { CONTEXT_OPTION } from '../shared/kubeconfigOptions.ts';

/** The name that stands for the cluster where a problem names its file. */
export const CLUSTER = 'cluster';

/** The options of the commands that read a live cluster. */
export interface ClusterOptions {
  readonly cluster?: boolean;
  readonly namespaces?: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
}

function toNamespaces(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (!names.every(isDnsLabel))
    throw new InvalidArgumentError('must be a comma-separated list of namespace names.');
  return [...new Set(names)];
}

/** Adds the options by which a command reads a live cluster. */
export function acceptCluster(command: Command): Command {
  return command
    .optionsGroup('Cluster:')
    .option(
      '--cluster',
      'read the live cluster: alone it is the input; with files, the files are put over it',
    )
    .option('--namespaces <names>', 'only these namespaces, comma-separated; default: all', toNamespaces)
    .option('--kubeconfig <file>', 'kubeconfig of the cluster; default: as kubectl finds it')
    .option(...CONTEXT_OPTION);
}

/** A word as a shell takes it. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The flags by which kubectl finds the cluster that was named, each after a space, for a command that a person runs. */
export function clusterFlags({ kubeconfig, context }: ClusterOptions): string {
  const flags = Object.entries({ kubeconfig, context });
  return flags
    .flatMap(([flag, value]) => (value === undefined ? [] : ` --${flag}=${shellWord(value)}`))
    .join('');
}

/**
 * As {@link clusterFlags}, for a command that a person with more rights runs: their kubeconfig is another file, in which the
 * context has the same name at best.
 */
export function adminsFlags({ kubeconfig, context }: ClusterOptions): string {
  return kubeconfig === undefined ? clusterFlags({ ...(context !== undefined && { context }) }) : '';
}

/**
 * What is wrong with the files and the options of a cluster as a whole; undefined when they can be used.
 * @param nothing what to say when neither files nor a cluster are named
 */
export function inputFault(options: ClusterOptions, files: boolean, nothing: string): string | undefined {
  const { cluster, namespaces, kubeconfig, context } = options;
  const given = Object.entries({ namespaces, kubeconfig, context }).find(([, value]) => value !== undefined);
  if (!cluster && given)
    return `--${given[0]} has no effect without --cluster; add it, or remove --${given[0]}`;
  if (!cluster && !files) return nothing;
  return files && namespaces
    ? '--namespaces has no effect with files, whose own namespaces are read; remove it'
    : undefined;
}
