import * as z from 'zod';
import type { Cause } from '../admission/cause.ts';
import { allowed, denied } from '../admission/outcome.ts';
import type { Reviewer } from '../admission/reviewer.ts';
import {
  ANNOTATION_PREFIX,
  CONFIG_ANNOTATION,
  INJECT,
  NAME_LABEL,
  OPERATOR_NAME,
  REPORT_ANNOTATION,
} from '../injection/contract.ts';
import { stringMap, toStringMap } from '../kubernetes/stringMap.ts';
import { type Line, oneLine } from '../text/line.ts';

const podWire = z.object({
  metadata: z
    .object({
      deletionTimestamp: z.string().nullish(),
      annotations: stringMap.nullish(),
      labels: stringMap.nullish(),
    })
    .nullish(),
});

type Pod = z.infer<typeof podWire>;

/** The labels by which deploy/base selects the Pods that are guarded, each with the value that selects. */
const GUARDING_LABELS = [
  [NAME_LABEL, OPERATOR_NAME],
  [INJECT, 'enabled'],
] as const;

const PIN_CHANGED = oneLine(
  'Forbidden: is set when the Pod is created and must not change, because the vMCP reads it again at every restart; delete the Pod to have it injected anew',
);
const LABEL_CHANGED = oneLine(
  'Forbidden: must stay while the Pod carries an injected configuration, because the label guards that configuration against edits; delete the Pod instead',
);

function forbidden(field: string, message: Line): Cause {
  return { reason: 'FieldValueForbidden', field, message };
}

/** The managed annotations that an update adds, changes or removes. */
function changedAnnotations(old: Pod, pod: Pod): Cause[] {
  const before = toStringMap(old.metadata?.annotations);
  const after = toStringMap(pod.metadata?.annotations);
  return Object.keys({ ...before, ...after })
    .filter((key) => key.startsWith(ANNOTATION_PREFIX) && before[key] !== after[key])
    .sort()
    .map((key) => forbidden(`metadata.annotations[${key}]`, PIN_CHANGED));
}

/** The guarding labels that an update takes away from a Pod that was injected. */
function lostLabels(old: Pod, pod: Pod): Cause[] {
  const annotations = toStringMap(old.metadata?.annotations);
  if (!(CONFIG_ANNOTATION in annotations || REPORT_ANNOTATION in annotations)) return [];
  const before = toStringMap(old.metadata?.labels);
  const after = toStringMap(pod.metadata?.labels);
  return GUARDING_LABELS.filter(([key, value]) => before[key] === value && after[key] !== value).map(
    ([key]) => forbidden(`metadata.labels[${key}]`, LABEL_CHANGED),
  );
}

/**
 * The validating webhook for updates of vMCP Pods: what was injected at creation stays as it is, and so do the labels that
 * guard it. The rest of a Pod and a Pod that is being deleted are not its subject.
 */
export function podGuardReviewer(): Reviewer {
  return async (request) => {
    if (request.operation !== 'UPDATE') return allowed({ reasons: ['kind-not-reviewed'] });
    const pod = podWire.safeParse(request.object);
    const old = podWire.safeParse(request.oldObject);
    // The API server decodes both; a malformed Pod does not come from it, and is refused there.
    if (!pod.success || !old.success) return allowed({ reasons: ['malformed-pod'] });
    if (pod.data.metadata?.deletionTimestamp) return allowed({ reasons: ['being-deleted'] });
    const pins = changedAnnotations(old.data, pod.data);
    const labels = lostLabels(old.data, pod.data);
    const reasons = [
      ...(pins.length > 0 ? ['pin-changed'] : []),
      ...(labels.length > 0 ? ['guard-lost'] : []),
    ];
    if (reasons.length === 0) return allowed({ reasons: ['pins-unchanged'] });
    return denied([...pins, ...labels], { reasons, audit: { reason: reasons.join(',') } });
  };
}
