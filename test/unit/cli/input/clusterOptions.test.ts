import { expect, it } from 'vitest';
import { adminsFlags, type ClusterOptions, clusterFlags } from '../../../../src/cli/input/clusterOptions.ts';
import { rightsNote } from '../../../../src/cli/input/rightsNote.ts';

const rows: readonly (readonly [ClusterOptions, string, string])[] = [
  [{ cluster: true, namespaces: ['a'] }, '', ''],
  [{ context: 'prod' }, ' --context=prod', ' --context=prod'],
  [{ context: "it's; rm -rf /" }, " --context='it'\\''s; rm -rf /'", " --context='it'\\''s; rm -rf /'"],
  [{ kubeconfig: '/home/me/.kube/prod' }, ' --kubeconfig=/home/me/.kube/prod', ''],
  [{ kubeconfig: 'a b', context: 'prod' }, " --kubeconfig='a b' --context=prod", ''],
];

it.each(rows)('%j: the flags of a command for the same person, and for an admin', (options, own, admins) => {
  expect([clusterFlags(options), adminsFlags(options)]).toEqual([own, admins]);
});

it('the commands that grant rights name the context', () => {
  const message = 'User "jane" cannot list resource "pods"';
  const note = rightsNote(
    [{ verb: 'list', resource: 'pods', namespace: 'apps', message }],
    ' --context=prod',
  );
  const commands = note.split('\n').filter((line) => line.includes('kubectl'));
  expect(commands).toHaveLength(2);
  expect(commands.every((command) => command.endsWith(' --context=prod'))).toBe(true);
});
