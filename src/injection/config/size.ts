/** All annotations of an object share this many bytes. Source: `TotalAnnotationSizeLimitB` of apimachinery. */
export const ANNOTATION_LIMIT = 262_144;

/** The size of annotations as the API server counts it: keys and values in UTF-8 bytes. */
export function annotationBytes(annotations: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations))
    bytes += Buffer.byteLength(key, 'utf8') + Buffer.byteLength(value, 'utf8');
  return bytes;
}

/**
 * Returns the first form that fits into the annotations of a Pod, or the bytes of the smallest one when none does.
 * @param size the bytes of a form, in UTF-8
 */
export function firstThatFits<T>(
  forms: Iterable<() => T>,
  size: (form: T) => number,
): { readonly form: T } | { readonly smallest: number } {
  let smallest = Number.POSITIVE_INFINITY;
  for (const make of forms) {
    const form = make();
    const bytes = size(form);
    if (bytes <= ANNOTATION_LIMIT) return { form };
    smallest = Math.min(smallest, bytes);
  }
  return { smallest };
}

/** What the annotations of a Pod would consist of, in bytes. */
export interface Shares {
  /** The base config without what injection replaces, a self-managed one with its own backends. */
  readonly base: number;
  /** Backends and strategies of the group, and the report about them. */
  readonly group: number;
  /** Annotations that the Pod has anyway. */
  readonly others: number;
}

const REMEDIES: Readonly<Record<keyof Shares, string>> = {
  base: 'shorten the base config',
  group: 'split the group',
  others: 'remove annotations from the Pod',
};

/** One sentence about annotations that are too large: how large, which part of them most, and what to do about it. */
export function tooLargeText(shares: Shares): string {
  const { base, group, others } = shares;
  const [largest] = (['base', 'group', 'others'] as const).toSorted((a, b) => shares[b] - shares[a]);
  return `the annotations of the Pod would have ${base + group + others} bytes, ${ANNOTATION_LIMIT} are allowed: the base config has ${base}, the backends of the group ${group}, other annotations ${others}; ${REMEDIES[largest ?? 'group']}, or let the Pod opt out with the annotation vmcp-admission.dev/inject: disabled`;
}
