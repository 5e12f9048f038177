import { posix } from 'node:path';
import * as z from 'zod';
import * as bounds from '../../kubernetes/bounds.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';
import { isStringMap } from '../../kubernetes/stringMap.ts';
import { quick } from '../../schema/accepts.ts';

/** Items that one list of a Pod may have. No Pod that runs has as many; a longer list costs more to read than to send. */
const MAX_LIST = 10_000;

function list<T extends z.ZodType>(item: T) {
  return bounds.list(item, MAX_LIST);
}

const text = z.string().nullish();
const texts = list(z.string()).nullish();
// Written by hand: every Pod is read with it, and zod's schema of a map takes the longest of all.
const textMap = z.custom<Readonly<Record<string, string>>>(isStringMap, 'must be a map of strings').nullish();
const keyToPath = z.looseObject({ key: text, path: text });
const items = list(keyToPath).nullish();
const configMapSource = z.looseObject({ name: text, items, optional: z.boolean().nullish() });
const downwardItem = z.looseObject({ path: text, fieldRef: z.looseObject({ fieldPath: text }).nullish() });
const downwardSource = z.looseObject({ items: list(downwardItem).nullish() });
const oneFile = z.looseObject({ path: text });

const projectedSource = z.looseObject({
  configMap: configMapSource.nullish(),
  secret: z.looseObject({ name: text, items }).nullish(),
  downwardAPI: downwardSource.nullish(),
  serviceAccountToken: oneFile.nullish(),
  clusterTrustBundle: oneFile.nullish(),
  podCertificate: z
    .looseObject({ credentialBundlePath: text, keyPath: text, certificateChainPath: text })
    .nullish(),
});

const volumeWire = z.looseObject({
  name: z.string(),
  configMap: configMapSource.nullish(),
  secret: z.looseObject({ secretName: text, items }).nullish(),
  downwardAPI: downwardSource.nullish(),
  projected: z.looseObject({ sources: list(projectedSource).nullish() }).nullish(),
});

const envWire = z.looseObject({
  name: z.string(),
  value: text,
  valueFrom: z
    .looseObject({
      secretKeyRef: z.looseObject({ name: text, key: text, optional: z.boolean().nullish() }).nullish(),
    })
    .nullish(),
});

const mountWire = z.looseObject({
  name: z.string(),
  mountPath: z.string(),
  readOnly: z.boolean().nullish(),
  subPath: text,
  subPathExpr: text,
});

const containerWire = z.looseObject({
  name: z.string(),
  command: texts,
  args: texts,
  workingDir: text,
  env: list(envWire).nullish(),
  envFrom: list(z.unknown()).nullish(),
  volumeMounts: list(mountWire).nullish(),
});

const headWire = z.looseObject({
  metadata: z
    .looseObject({
      name: text,
      generateName: text,
      namespace: text,
      labels: textMap,
      annotations: textMap,
      ownerReferences: list(z.looseObject({ kind: text })).nullish(),
    })
    .nullish(),
});

const podWire = headWire.extend({
  spec: z.looseObject({
    containers: list(containerWire),
    volumes: list(volumeWire).nullish(),
  }),
});

/** The part of a Pod that says whether it is a vMCP Pod. */
export type PodHead = Readonly<z.infer<typeof headWire>>;
/** The parts of a core/v1 Pod that injection reads. The other parts of the object are still there, of unknown type. */
export type Pod = Readonly<z.infer<typeof podWire>>;
export type Container = Readonly<z.infer<typeof containerWire>>;
export type EnvVar = Readonly<z.infer<typeof envWire>>;
export type Volume = Readonly<z.infer<typeof volumeWire>>;
export type ProjectedSource = Readonly<z.infer<typeof projectedSource>>;
export type VolumeMount = Readonly<z.infer<typeof mountWire>>;
export type KeyToPath = Readonly<z.infer<typeof keyToPath>>;

const quickHead = quick(headWire);
const quickPod = quick(podWire);

/** Checks the metadata of an untrusted Pod, which is enough for most Pods. Never throws. */
export function readPodHead(raw: unknown): Read<PodHead> {
  return readWith(quickHead, raw, () => raw as PodHead);
}

/**
 * Checks the parts of an untrusted Pod that injection reads. Never throws. The value is the very object that came in,
 * not a copy, so that unknown fields survive and what is unchanged stays identical.
 */
export function readPod(raw: unknown): Read<Pod> {
  return readWith(quickPod, raw, () => raw as Pod);
}

const UNCLEAN = /(?:\/|^\.)\.{0,2}(?:\/|$)/;

/** A path of a mount or inside a volume as the kubelet takes it, without a slash at the end: `./a//b/` is `a/b`. */
export function cleanPath(path: string): string {
  return UNCLEAN.test(path) ? posix.normalize(path).replace(/\/+$/, '') : path;
}
