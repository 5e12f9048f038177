import { type Command, InvalidArgumentError } from 'commander';

/** The name that stands for the cluster where a problem names its file. */
export const CLUSTER = 'cluster';

/** The options of the commands that read a live cluster. */
export interface ClusterOptions {
  readonly cluster?: boolean;
  readonly namespaces?: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
}

const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

function toNamespaces(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (!names.every((name) => NAMESPACE.test(name)))
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
    .option('--context <name>', 'context of the kubeconfig; default: the current one');
}

/** What is wrong with the options of a cluster as a whole; undefined when they can be used. */
export function clusterFault(options: ClusterOptions, files: boolean): string | undefined {
  const { cluster, namespaces, kubeconfig, context } = options;
  const given = Object.entries({ namespaces, kubeconfig, context }).find(([, value]) => value !== undefined);
  if (!cluster)
    return given && `--${given[0]} has no effect without --cluster; add it, or remove --${given[0]}`;
  return files && namespaces
    ? '--namespaces has no effect with files, whose own namespaces are read; remove it'
    : undefined;
}
