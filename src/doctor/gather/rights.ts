import type { V1PolicyRule } from '@kubernetes/client-node';
import { asApiError } from '../../apiClient/errors.ts';
import type { Send } from '../../apiClient/send.ts';
import { found, problemOf, type Read, unread } from '../api.ts';
import type { Right } from '../facts.ts';

type Wanted = Omit<Right, 'allowed'>;

/** More namespaces than these are not asked about one by one. */
const MAX_NAMESPACES = 5;
const AT_ONCE = 8;
const REVIEWS = '/apis/authorization.k8s.io/v1';

/** The rights that rules grant: in the whole cluster, or in each of the namespaces. */
export function rightsOf(rules: readonly V1PolicyRule[], namespaces: readonly string[]): Wanted[] {
  const where = namespaces.length > 0 ? namespaces.slice(0, MAX_NAMESPACES) : [undefined];
  return rules.flatMap(({ verbs, apiGroups = [], resources = [] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) => where.map((namespace) => ({ verb, group, resource, namespace }))),
      ),
    ),
  );
}

/** What an installation makes in its namespace and outside of it, by API group. */
const INSTALLED: readonly V1PolicyRule[] = [
  { verbs: ['create'], apiGroups: [''], resources: ['services', 'serviceaccounts'] },
  { verbs: ['create'], apiGroups: ['apps'], resources: ['deployments'] },
  { verbs: ['create'], apiGroups: ['policy'], resources: ['poddisruptionbudgets'] },
  { verbs: ['create'], apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'] },
];
const INSTALLED_IN_CLUSTER: readonly V1PolicyRule[] = [
  {
    verbs: ['create'],
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['clusterroles', 'clusterrolebindings'],
  },
  {
    verbs: ['create'],
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
  },
];

/** The rights that an installation needs. */
export function installRights(namespace: string): Wanted[] {
  return [...rightsOf(INSTALLED, [namespace]), ...rightsOf(INSTALLED_IN_CLUSTER, [])];
}

function isAllowed(body: unknown): boolean {
  const review = body as { status?: { allowed?: unknown } } | null | undefined;
  return review?.status?.allowed === true;
}

/** Who is asked about: a user with its groups; undefined for the caller itself. */
export interface Subject {
  readonly user: string;
  readonly groups: readonly string[];
}

/** A ServiceAccount as the API server sees it. */
export function accountSubject(namespace: string, name: string): Subject {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return { user: `system:serviceaccount:${namespace}:${name}`, groups };
}

async function ask(send: Send, subject: Subject | undefined, wanted: Wanted): Promise<Read<Right>> {
  const { verb, group, resource, namespace } = wanted;
  const kind = subject ? 'SubjectAccessReview' : 'SelfSubjectAccessReview';
  const spec = { ...subject, resourceAttributes: { verb, group, resource, ...(namespace && { namespace }) } };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind, spec };
  const answer = await send({ method: 'POST', path: `${REVIEWS}/${kind.toLowerCase()}s`, create: body });
  return answer.status === 201
    ? found({ ...wanted, allowed: isAllowed(answer.body) })
    : unread(problemOf(answer));
}

/** Asks the API server about each right. One that may not be asked about leaves all of them unread. */
export async function askRights(
  send: Send,
  subject: Subject | undefined,
  wanted: readonly Wanted[],
): Promise<Read<readonly Right[]>> {
  const rights: Right[] = [];
  try {
    for (let next = 0; next < wanted.length; next += AT_ONCE) {
      const answers = await Promise.all(
        wanted.slice(next, next + AT_ONCE).map((one) => ask(send, subject, one)),
      );
      for (const answer of answers)
        if (answer.state === 'found') rights.push(answer.value);
        else return answer;
    }
    return found(rights);
  } catch (error) {
    return unread(asApiError(error).message);
  }
}
