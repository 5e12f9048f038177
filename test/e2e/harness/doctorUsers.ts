import type { Kubectl } from '../../support/cluster/kubectl.ts';

/** The rights of the user who runs doctor: what a person with read rights has, and dry runs. */
const READER = [
  {
    apiGroups: [''],
    resources: ['namespaces', 'services', 'pods', 'nodes', 'secrets'],
    verbs: ['get', 'list'],
  },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list'] },
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
    verbs: ['get'],
  },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  { apiGroups: ['toolhive.stacklok.dev'], resources: ['mcpserverentries'], verbs: ['create'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['create'] },
];

/** Makes the ServiceAccounts `reader`, which has {@link READER}, and `stranger`, which has no right, in namespace `default`. */
export async function makeUsers(kubectl: Kubectl): Promise<void> {
  for (const account of ['reader', 'stranger'])
    await kubectl.ok(['create', 'serviceaccount', account, '-n', 'default']);
  const [subject, roleRef] = [
    { kind: 'ServiceAccount', name: 'reader', namespace: 'default' },
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' },
  ];
  await kubectl.ok(
    ['apply', '-f', '-'],
    [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'reader' },
        rules: READER,
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'reader' },
        subjects: [subject],
        roleRef,
      },
    ],
  );
}
