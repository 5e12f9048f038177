import * as z from 'zod';
import { allowed, denied } from '../admission/outcome.ts';
import type { AdmissionRequest } from '../admission/review.ts';
import type { Reviewer } from '../admission/reviewer.ts';
import { changedPins } from '../injection/pod/pinned.ts';
import { stringMap, toStringMap } from '../kubernetes/stringMap.ts';
import { oneLine } from '../text.ts';

const podWire = z.object({
  metadata: z
    .object({
      deletionTimestamp: z.string().nullish(),
      annotations: stringMap.nullish(),
    })
    .nullish(),
});

const PIN_CHANGED = oneLine(
  'Forbidden: is set when the Pod is created and may not change: the vMCP reads it again at every restart; delete the Pod, so that a new one is made from what is true now',
);

function isPodUpdate(request: AdmissionRequest): boolean {
  return request.operation === 'UPDATE' && request.kind.group === '' && request.kind.kind === 'Pod';
}

/**
 * The validating webhook for updates of vMCP Pods: what was injected at creation stays as it is. Says nothing about the
 * rest of a Pod, and nothing at all about one that is being deleted.
 */
export function podGuardReviewer(): Reviewer {
  return async (request) => {
    if (!isPodUpdate(request)) return allowed({ reasons: ['kind-not-reviewed'] });
    const pod = podWire.safeParse(request.object);
    const old = podWire.safeParse(request.oldObject);
    // The API server has decoded both; what is malformed here did not come from it and is refused there.
    if (!pod.success || !old.success) return allowed({ reasons: ['malformed-pod'] });
    if (pod.data.metadata?.deletionTimestamp) return allowed({ reasons: ['being-deleted'] });
    const changed = changedPins(
      toStringMap(old.data.metadata?.annotations),
      toStringMap(pod.data.metadata?.annotations),
    );
    if (changed.length === 0) return allowed({ reasons: ['pins-unchanged'] });
    return denied(
      changed.map((key) => ({
        reason: 'FieldValueForbidden',
        field: `metadata.annotations[${key}]`,
        message: PIN_CHANGED,
      })),
      { reasons: ['pin-changed'], audit: { reason: 'pin-changed' } },
    );
  };
}

/** The validating webhooks as one reviewer: updates of Pods go to the guard, everything else to `others`. */
export function withPodGuard(others: Reviewer): Reviewer {
  const guard = podGuardReviewer();
  return (request, context) => (isPodUpdate(request) ? guard : others)(request, context);
}
