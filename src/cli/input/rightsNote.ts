/** A read that the API server refused for want of a right. */
export interface Refusal {
  readonly verb: 'list' | 'get';
  /** As RBAC names it: `mcpservers.toolhive.stacklok.dev`. */
  readonly resource: string;
  /** Undefined for the whole cluster. */
  readonly namespace: string | undefined;
  /** What the API server said, which names the user. */
  readonly message: string;
}

const ROLE = 'vmcp-admission-audit';
/** More namespaces than are named one by one. */
const MAX_NAMESPACES = 5;

/** The user as kubectl's flags for bindings take it: the API server names it when it refuses. */
function userFlag(message: string): string {
  const [, user] = /User "([^"\s]+)"/.exec(message) ?? [];
  const [, account] = /^system:serviceaccount:(.+)$/.exec(user ?? '') ?? [];
  return account === undefined ? `--user=${user ?? 'USER'}` : `--serviceaccount=${account}`;
}

/** `cannot list a, b in namespace x`, and the commands that grant it. */
function rightLines(verb: Refusal['verb'], refusals: readonly Refusal[], flags: string): readonly string[] {
  const resources = [...new Set(refusals.map(({ resource }) => resource))].join(',');
  const namespaces = [...new Set(refusals.map(({ namespace }) => namespace))];
  const role = verb === 'list' ? ROLE : `${ROLE}-${verb}`;
  const user = userFlag(refusals[0]?.message ?? '');
  const shown = namespaces.slice(0, MAX_NAMESPACES);
  const more = namespaces.length - shown.length;
  const bindings = shown.map((namespace) =>
    namespace === undefined
      ? `kubectl create clusterrolebinding ${role} --clusterrole=${role} ${user}${flags}`
      : `kubectl create rolebinding ${role} -n ${namespace} --clusterrole=${role} ${user}${flags}`,
  );
  const where = shown.map((namespace) =>
    namespace === undefined ? 'all namespaces' : `namespace ${namespace}`,
  );
  return [
    `cannot ${verb} ${resources} in ${where.join(', ')}${more > 0 ? ` and ${more} more` : ''}; to allow it:`,
    `  kubectl create clusterrole ${role} --verb=${verb} --resource=${resources}${flags}`,
    ...bindings.map((binding) => `  ${binding}`),
    ...(more > 0 ? [`  and the same rolebinding in ${more} more namespaces`] : []),
  ];
}

/**
 * What the user may not read and how that is granted, once for each verb; empty when everything could be read.
 * @param flags how kubectl finds the cluster
 */
export function rightsNote(refusals: readonly Refusal[], flags = ''): string {
  if (refusals.length === 0) return '';
  const lines = (['list', 'get'] as const).flatMap((verb) => {
    const own = refusals.filter((refusal) => refusal.verb === verb);
    return own.length === 0 ? [] : rightLines(verb, own, flags);
  });
  return `note: not everything could be read, and the report is without it:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
