import * as z from 'zod';

/** The key that ToolHive takes when `configMapRef.key` is empty. */
export const DEFAULT_CA_KEY = 'ca.crt';

/** `caBundleRef.configMapRef` of any kind: the ConfigMap with the certificates of an authority. */
export interface CaBundleRef {
  readonly name: string;
  /** As written; undefined when absent. An empty or absent key means {@link DEFAULT_CA_KEY}. */
  readonly key: string | undefined;
  readonly optional: boolean;
}

export const caBundleRefWire = z
  .object({
    configMapRef: z
      .object({ name: z.string().nullish(), key: z.string().nullish(), optional: z.boolean().nullish() })
      .nullish(),
  })
  .nullish();

/** The reference; undefined when there is none. */
export function toCaBundleRef(wire: z.infer<typeof caBundleRefWire>): CaBundleRef | undefined {
  const ref = wire?.configMapRef;
  return ref
    ? { name: ref.name ?? '', key: ref.key ?? undefined, optional: ref.optional ?? false }
    : undefined;
}

/** The ConfigMap key that ToolHive mounts for a CA bundle. */
export function caBundleKey(ref: CaBundleRef): string {
  return ref.key ? ref.key : DEFAULT_CA_KEY;
}
