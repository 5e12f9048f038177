import * as z from 'zod';
import { nameWire } from './bounds.ts';

/** `spec.groupRef`: `{name}` today, a plain string in manifests of ToolHive before 2026-04-14. */
export const groupRefWire = z
  .union([z.string(), z.object({ name: z.string().nullish() })], {
    error: 'must be an object with a name of at most 253 characters',
  })
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
