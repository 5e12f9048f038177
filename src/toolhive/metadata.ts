import * as z from 'zod';
import { nameWire } from './bounds.ts';
import { stringMap, toStringMap } from './stringMap.ts';

/** The part of `ObjectMeta` that rules, discovery and reports use. */
export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly generation: number | undefined;
  readonly resourceVersion: string | undefined;
  readonly deleting: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export const metadataWire = z.object({
  name: nameWire.nullish(),
  generateName: nameWire.nullish(),
  namespace: z.string().nullish(),
  generation: z.number().nullish(),
  resourceVersion: z.string().nullish(),
  deletionTimestamp: z.string().nullish(),
  annotations: stringMap.nullish(),
  labels: stringMap.nullish(),
});

/** Prefixes of annotations that ToolHive's discovery never copies: a plain prefix test, so `app.kubernetes.io/…` is copied. */
const NOT_COPIED = ['kubectl.kubernetes.io/', 'kubernetes.io/', 'deployment.kubernetes.io/', 'k8s.io/'];

/** Whether discovery copies an annotation of this key into a backend's metadata. */
export function isCopiedAnnotation(key: string): boolean {
  return !NOT_COPIED.some((prefix) => key.startsWith(prefix));
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});

/** An object that is still to get its name from `generateName` has that prefix as its name here. */
export function toMetadata(wire: z.infer<typeof metadataWire> | null | undefined): Metadata {
  return {
    name: wire?.name ?? wire?.generateName ?? '',
    namespace: wire?.namespace ?? '',
    generation: wire?.generation ?? undefined,
    resourceVersion: wire?.resourceVersion ?? undefined,
    deleting: typeof wire?.deletionTimestamp === 'string',
    annotations: wire?.annotations ? toStringMap(wire.annotations) : NONE,
    labels: wire?.labels ? toStringMap(wire.labels) : NONE,
  };
}
