import * as z from 'zod';
import { type FieldProblem, fieldPath } from '../toolhive/read.ts';

const text = z.string().nullish();
const texts = z.array(z.string()).nullish();
const textMap = z.record(z.string(), z.string()).nullish();
const items = z.array(z.looseObject({ key: text, path: text })).nullish();
const configMapSource = z.looseObject({ name: text, items, optional: z.boolean().nullish() });
const downwardItem = z.looseObject({ path: text, fieldRef: z.looseObject({ fieldPath: text }).nullish() });

const volumeWire = z.looseObject({
  name: z.string(),
  configMap: configMapSource.nullish(),
  projected: z
    .looseObject({
      sources: z
        .array(
          z.looseObject({
            configMap: configMapSource.nullish(),
            downwardAPI: z.looseObject({ items: z.array(downwardItem).nullish() }).nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
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
  subPath: text,
  subPathExpr: text,
});

const containerWire = z.looseObject({
  name: z.string(),
  command: texts,
  args: texts,
  workingDir: text,
  env: z.array(envWire).nullish(),
  envFrom: z.array(z.unknown()).nullish(),
  volumeMounts: z.array(mountWire).nullish(),
});

const headWire = z.looseObject({
  metadata: z
    .looseObject({
      name: text,
      generateName: text,
      namespace: text,
      labels: textMap,
      annotations: textMap,
      ownerReferences: z.array(z.looseObject({ kind: text })).nullish(),
    })
    .nullish(),
});

const podWire = headWire.extend({
  spec: z.looseObject({
    containers: z.array(containerWire),
    volumes: z.array(volumeWire).nullish(),
  }),
});

/** The part of a Pod that says whether it is one of ours. */
export type PodHead = Readonly<z.infer<typeof headWire>>;
/** A core/v1 Pod as far as injection reads it. Everything else of the object is still there, of unknown type. */
export type Pod = Readonly<z.infer<typeof podWire>>;
export type Container = Readonly<z.infer<typeof containerWire>>;
export type EnvVar = Readonly<z.infer<typeof envWire>>;
export type Volume = Readonly<z.infer<typeof volumeWire>>;
export type VolumeMount = Readonly<z.infer<typeof mountWire>>;
export type KeyToPath = {
  readonly key?: string | null | undefined;
  readonly path?: string | null | undefined;
};

/** A Pod that can be read, the very object that came in, or what is wrong with it. */
export type ReadPod<T> =
  | { readonly ok: true; readonly pod: T }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

function check<T>(wire: z.ZodType<T>, raw: unknown): ReadPod<T> {
  const parsed = wire.safeParse(raw);
  if (parsed.success) return { ok: true, pod: raw as T };
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) => ({ field: fieldPath(issue.path), message: issue.message })),
  };
}

/** Checks the metadata of an untrusted Pod: most Pods need no further look. Never throws. */
export function readPodHead(raw: unknown): ReadPod<PodHead> {
  return check(headWire, raw);
}

/**
 * Checks the parts of an untrusted Pod that injection reads. Never throws. The value is the very object that came in,
 * not a copy, so that unknown fields survive and what is unchanged stays identical.
 */
export function readPod(raw: unknown): ReadPod<Pod> {
  return check(podWire, raw);
}

/** The name of a Pod, or the prefix that its name will be made from. */
export function podName(pod: Pod): string {
  return pod.metadata?.name || pod.metadata?.generateName || '';
}
