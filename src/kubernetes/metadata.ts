import * as z from 'zod';
import { nameWire } from './bounds.ts';
import { stringMap, toStringMap } from './stringMap.ts';

/** The part of `ObjectMeta` that rules, discovery and reports use. */
export interface Metadata {
  /** The name, or one of those that the object may get from {@link prefix}: so whole names are judged, not beginnings. */
  readonly name: string;
  /** `generateName` of an object that has no name yet, which only a manifest has. */
  readonly prefix?: string | undefined;
  readonly namespace: string;
  readonly generation: number | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export const metadataWire = z.object({
  name: nameWire.nullish(),
  generateName: nameWire.nullish(),
  namespace: z.string().nullish(),
  generation: z.number().nullish(),
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

/** How much of `generateName` is kept, and a stand-in for the five characters of `bcdfghjklmnpqrstvwxz2456789` behind it. */
const KEPT_OF_PREFIX = 58;
const STAND_IN = 'xxxxx';

/** One of the names that the API server may give. Source: `SimpleNameGenerator` of Kubernetes' apiserver. */
export function generatedName(prefix: string): string {
  return prefix.slice(0, KEPT_OF_PREFIX) + STAND_IN;
}

export function toMetadata(wire: z.infer<typeof metadataWire> | null | undefined): Metadata {
  return {
    name: wire?.name || (wire?.generateName ? generatedName(wire.generateName) : ''),
    prefix: wire?.name || !wire?.generateName ? undefined : wire.generateName,
    namespace: wire?.namespace ?? '',
    generation: wire?.generation ?? undefined,
    annotations: wire?.annotations ? toStringMap(wire.annotations) : NONE,
    labels: wire?.labels ? toStringMap(wire.labels) : NONE,
  };
}
