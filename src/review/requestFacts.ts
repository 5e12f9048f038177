import type { AdmissionRequest } from '../admission/review.ts';
import { sameJson, valueAt } from '../kubernetes/record.ts';

/** True for a request about a Pod. */
export function isAboutPod({ kind }: AdmissionRequest): boolean {
  return kind.group === '' && kind.kind === 'Pod';
}

/** True for an update that leaves the spec as it was. */
export function keepsSpec({ object, oldObject }: AdmissionRequest): boolean {
  return sameJson(valueAt(object, 'spec'), valueAt(oldObject, 'spec'));
}

/** True for an update that leaves the object in its group. */
export function keepsGroup({ object, oldObject }: AdmissionRequest): boolean {
  return sameJson(valueAt(object, 'spec', 'groupRef'), valueAt(oldObject, 'spec', 'groupRef'));
}
