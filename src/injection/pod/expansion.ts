import type { EnvVar } from './pod.ts';

/** The longest text that is expanded, in UTF-16 units: it becomes a path, and Linux takes paths of 4,096 bytes. */
const MAX_TEXT = 8_192;
/** All expanded texts of one container together: variables that double each other are short to write and long to expand. */
const MAX_TOTAL = 1_048_576;

/** The value of a variable; `null` for one that is too long to be expanded. */
type Lookup = (name: string) => string | null | undefined;

const REFERENCE = /\$\$|\$\(([^)]*)\)/g;

/**
 * Expands `$(NAME)` in args and env values as the kubelet does: `$$` gives `$`, an unknown name stays as written.
 * Source: `third_party/forked/golang/expansion` of Kubernetes. Returns `null` when the result is longer than `limit`. Linear in
 * the text.
 */
export function expand(text: string, lookup: Lookup, limit: number = MAX_TEXT): string | null {
  // No reference ends after the last `)`: a row of `$(` there would be searched to its end for each of them.
  const end = text.lastIndexOf(')') + 1;
  let left = limit;
  const references = text.slice(0, end).replace(REFERENCE, (written, name?: string) => {
    const value = name === undefined ? '$' : lookup(name);
    left -= value?.length ?? (value === null ? Number.POSITIVE_INFINITY : 0);
    return left < 0 ? '' : (value ?? written);
  });
  const expanded = references + text.slice(end).replaceAll('$$', '$');
  return left < 0 || expanded.length > limit ? null : expanded;
}

/** Writes a text so that {@link expand} gives it back byte for byte. */
export function escapeExpansion(text: string): string {
  return text.replace(/\$+/g, '$&$&');
}

/** The variables of one container whose values stand in the Pod, expanded in order as the kubelet does; a later one wins. */
export class LiteralEnv {
  readonly #values = new Map<string, string | null>();
  #left = MAX_TOTAL;

  constructor(env: readonly EnvVar[] | null | undefined) {
    for (const { name, value, valueFrom } of env ?? [])
      if (valueFrom) this.#values.delete(name);
      else this.#values.set(name, this.expand(value ?? ''));
  }

  /** The text with these variables expanded; `null` when it, or all texts so far together, would be too long. */
  expand(text: string): string | null {
    if (!text.includes('$')) return text;
    const expanded = expand(text, (name) => this.#values.get(name), Math.min(MAX_TEXT, this.#left));
    this.#left -= expanded?.length ?? 0;
    return expanded;
  }

  /** True for a variable with a value that is not empty. */
  has(name: string): boolean {
    const value = this.#values.get(name);
    return value !== undefined && value !== '';
  }
}
