import { randomUUID } from 'node:crypto';
import { PLURALS } from '../../src/toolhive/kinds.ts';

/** An object as far as a review needs to know it. */
export interface Reviewed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string } & Readonly<
    Record<string, unknown>
  >;
}

function pluralOf(kind: string): string {
  return Object.hasOwn(PLURALS, kind) ? PLURALS[kind as keyof typeof PLURALS] : `${kind.toLowerCase()}s`;
}

/** The request of an AdmissionReview as the API server sends it: the creation of an object, but for the changes. */
export function requestOf<T extends object>(object: Reviewed, changes?: T) {
  const [version = '', group = ''] = object.apiVersion.split('/').reverse();
  return {
    uid: randomUUID() as string,
    kind: { group, version, kind: object.kind },
    resource: { group, version, resource: pluralOf(object.kind) },
    name: object.metadata?.name,
    namespace: object.metadata?.namespace ?? 'default',
    operation: 'CREATE',
    userInfo: { username: 'jane', groups: ['system:authenticated'] },
    object: object as unknown,
    oldObject: null as unknown,
    dryRun: false,
    ...changes,
  };
}

/** The AdmissionReview around {@link requestOf}. */
export function reviewOf(object: Reviewed, changes: Readonly<Record<string, unknown>> = {}) {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: requestOf(object, changes),
  };
}
