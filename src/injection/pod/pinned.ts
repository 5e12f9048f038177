import { ANNOTATION_PREFIX, compare } from '../contract.ts';

type Annotations = Readonly<Record<string, string>> | null | undefined;

/**
 * The annotations of ours that an update adds, changes or removes, sorted. A restarted container would read an edited
 * config, past everything that was checked when the Pod was made.
 */
export function changedPins(before: Annotations, after: Annotations): readonly string[] {
  const old = before ?? {};
  const now = after ?? {};
  const keys = new Set(
    [...Object.keys(old), ...Object.keys(now)].filter((key) => key.startsWith(ANNOTATION_PREFIX)),
  );
  const value = (annotations: Readonly<Record<string, string>>, key: string) =>
    Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  return [...keys].filter((key) => value(old, key) !== value(now, key)).sort(compare);
}
