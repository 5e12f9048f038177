/** Which kubeconfig a command reads that also runs in the cluster; flag and description. */
export const KUBECONFIG_OPTION = [
  '--kubeconfig <file>',
  "kubeconfig of the cluster; default: the Pod's own service account, else the usual one",
] as const;

/** Which context of the kubeconfig a command reads; flag and description. */
export const CONTEXT_OPTION = [
  '--context <name>',
  'context of the kubeconfig; default: the current one',
] as const;
