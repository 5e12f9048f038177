import * as z from 'zod';
import { MAX_NAME, nameWire } from './bounds.ts';
import { isDataKey, isObjectName } from './objectNames.ts';

type GroupRef = string | { readonly name?: string | null | undefined };

function isGroupRef(raw: unknown): raw is GroupRef {
  const name = typeof raw === 'object' && raw !== null ? (raw as { name?: unknown }).name : raw;
  if (Array.isArray(raw)) return false;
  return typeof name === 'string' ? name.length <= MAX_NAME : name == null && typeof raw === 'object';
}

/**
 * `spec.groupRef`: `{name}` today, a plain string in manifests of ToolHive before 2026-04-14. By hand, since zod's union
 * tries both and takes a name that is too long.
 */
export const groupRefWire = z
  .custom<GroupRef>(isGroupRef, `must be an object with a name of at most ${MAX_NAME} characters`)
  .nullish();

/** The name in a group reference of either spelling; undefined when there is none or it is empty. */
export function groupName(wire: z.infer<typeof groupRefWire>): string | undefined {
  const name = typeof wire === 'string' ? wire : wire?.name;
  return name ? name : undefined;
}

export const nameRefWire = z.object({ name: nameWire.nullish() }).nullish();

/** The name in `{name}`; undefined when the reference is absent or its name empty. */
export function refName(wire: z.infer<typeof nameRefWire>): string | undefined {
  return wire?.name ? wire.name : undefined;
}

export const secretKeyRefWire = z.object({ name: z.string().nullish(), key: z.string().nullish() }).nullish();

/** A key of a Secret of the same namespace. Only names: values are never read into a model. */
export interface SecretKeyRef {
  readonly name: string;
  readonly key: string;
}

export function secretKeyRef(wire: z.infer<typeof secretKeyRefWire>): SecretKeyRef | undefined {
  return wire ? { name: wire.name ?? '', key: wire.key ?? '' } : undefined;
}

/** True when a Pod may carry the reference: an unusable one makes the API server refuse the whole Pod. */
export function isUsableSecretRef({ name, key }: SecretKeyRef): boolean {
  return isObjectName(name) && isDataKey(key);
}
