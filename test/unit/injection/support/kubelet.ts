import type { EnvVar } from '../../../../src/injection/pod/pod.ts';

/** Go's `expansion.Expand`, written after its specification and independently of the code under test. */
function expandLikeKubelet(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) =>
    match === '$$' ? '$' : (values.get(name ?? '') ?? match),
  );
}

/**
 * The environment that the kubelet gives a container: in order, later ones win, an optional reference without a target
 * is skipped. Secrets by `name/key`. Throws for a required one that is missing, as the container would not start.
 * @param imported what `envFrom` gives the container before its own variables
 */
export function kubeletEnv(
  env: readonly EnvVar[] | null | undefined,
  secrets: ReadonlyMap<string, string>,
  imported: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const values = new Map(imported);
  for (const { name, value, valueFrom } of env ?? []) {
    const ref = valueFrom?.secretKeyRef;
    if (!ref) {
      values.set(name, expandLikeKubelet(value ?? '', values));
      continue;
    }
    const found = secrets.get(`${ref.name}/${ref.key}`);
    if (found !== undefined) values.set(name, found);
    else if (!ref.optional) throw new Error(`CreateContainerConfigError: ${ref.name}/${ref.key}`);
  }
  return values;
}
