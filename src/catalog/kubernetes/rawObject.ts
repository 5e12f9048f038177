/** What a list or watch needs to know of an object before its fields are read. */
export interface RawObject {
  readonly namespace: string;
  readonly name: string;
  /** Changes with every write of the object, and when another object takes its name. */
  readonly version: string;
  readonly resourceVersion: string;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Reads the identity of an untrusted object; undefined when it has none. */
export function rawObject(raw: unknown): RawObject | undefined {
  const metadata = (raw as { metadata?: unknown } | null | undefined)?.metadata;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const fields = metadata as Record<string, unknown>;
  const name = text(fields.name);
  const resourceVersion = text(fields.resourceVersion);
  if (name === '' || resourceVersion === '') return undefined;
  return {
    namespace: text(fields.namespace),
    name,
    version: `${text(fields.uid)}/${resourceVersion}`,
    resourceVersion,
  };
}

/** The resourceVersion of a list or a bookmark; undefined when it has none. */
export function listVersion(raw: unknown): string | undefined {
  const metadata = (raw as { metadata?: { resourceVersion?: unknown } | null } | null | undefined)?.metadata;
  const version = text(metadata?.resourceVersion);
  return version === '' ? undefined : version;
}

/**
 * True when the server's resourceVersion is older than ours: it was restored or replaced, and a watch from ours would
 * stay silent until it catches up. Versions that are no numbers are not compared.
 */
export function isOlder(theirs: string, ours: string): boolean {
  return /^\d+$/.test(theirs) && /^\d+$/.test(ours) && BigInt(theirs) < BigInt(ours);
}
