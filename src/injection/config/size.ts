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
