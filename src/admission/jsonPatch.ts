/** One operation of RFC 6902; the webhook needs no others. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

export type JsonPatch = readonly JsonPatchOperation[];

/** What RFC 6901 escapes; hardly a name has it. */
const ESCAPED = /[~/]/;

/** The JSON pointer (RFC 6901) of a member or an element of what another pointer names; `''` names the whole. */
export function pointerTo(parent: string, segment: string | number): string {
  if (typeof segment === 'number' || !ESCAPED.test(segment)) return `${parent}/${segment}`;
  return `${parent}/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
