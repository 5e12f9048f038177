import type { EnvVar } from './pod.ts';

/**
 * The kubelet's expansion of `$(NAME)` in args and env values: `$$` gives `$`, an unknown name stays as written.
 * Source: `third_party/forked/golang/expansion` of Kubernetes.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text;
  let expanded = '';
  for (let at = 0; at < text.length; at++) {
    const next = text[at + 1];
    if (text[at] !== '$' || next === undefined) expanded += text[at];
    else if (next === '$') {
      expanded += '$';
      at++;
    } else if (next === '(') {
      const end = text.indexOf(')', at + 2);
      if (end < 0) expanded += '$';
      else {
        const whole = text.slice(at, end + 1);
        expanded += lookup(text.slice(at + 2, end)) ?? whole;
        at = end;
      }
    } else expanded += '$';
  }
  return expanded;
}

/** Writes a text so that {@link expand} gives it back byte for byte. */
export function escapeExpansion(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** The variables of a container whose values stand in the Pod, expanded in order as the kubelet does; a later one wins. */
export function literalEnv(env: readonly EnvVar[] | null | undefined): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { name, value, valueFrom } of env ?? [])
    if (valueFrom) values.delete(name);
    else
      values.set(
        name,
        expand(value ?? '', (other) => values.get(other)),
      );
  return values;
}
