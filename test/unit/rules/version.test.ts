import { expect, it } from 'vitest';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import type { ToolhiveVersion } from '../../../src/toolhive/versions.ts';
import { decided, review, TEAM, yaml } from './support.ts';

const [VMCP] = yaml(`
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: team-vmcp, namespace: default}
spec:
  groupRef: {name: team}
  incomingAuth: {type: anonymous}
  config: {operational: {timeouts: {default: 2m}}}
`);

it.each<[ToolhiveVersion | undefined, string | undefined]>([
  [undefined, 'is ignored by ToolHive before v0.47'],
  [[0, 44], 'is ignored by ToolHive v0.44, which runs here'],
  [[0, 45], 'is ignored by ToolHive before v0.47'],
  [[0, 47], undefined],
])('time-outs of backends with ToolHive %j', async (toolhive, says) => {
  const outcome = await review({ object: VMCP, cluster: TEAM, policy: { ...defaultPolicy(), toolhive } });
  expect(outcome.kind).toBe('allowed');
  const warnings = decided(outcome).warnings.join();
  if (says === undefined) expect(warnings).toBe('');
  else expect(warnings).toContain(says);
});
