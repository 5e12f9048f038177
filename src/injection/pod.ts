import { z } from 'zod';
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

const podWire = z.looseObject({
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
  spec: z.looseObject({
    containers: z.array(containerWire),
    volumes: z.array(volumeWire).nullish(),
  }),
});

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

/**
 * Checks the parts of an untrusted Pod that injection reads. Never throws. The value is the very object that came in,
 * not a copy, so that unknown fields survive and what is unchanged stays identical.
 */
export function readPod(
  raw: unknown,
):
  | { readonly ok: true; readonly pod: Pod }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] } {
  const parsed = podWire.safeParse(raw);
  if (parsed.success) return { ok: true, pod: raw as Pod };
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) => ({ field: fieldPath(issue.path), message: issue.message })),
  };
}

/** The name of a Pod, or the prefix that its name will be made from. */
export function podName(pod: Pod): string {
  return pod.metadata?.name || pod.metadata?.generateName || '';
}
