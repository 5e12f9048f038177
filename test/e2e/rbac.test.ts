import { expect, it } from 'vitest';
import { describeOnCluster } from './harness/cluster.ts';

const WEBHOOK = 'system:serviceaccount:vmcp-admission:vmcp-admission';
const KINDS = [
  'mcpserverentries',
  'mcpgroups',
  'virtualmcpservers',
  'mcpservers',
  'mcpremoteproxies',
  'mcpexternalauthconfigs',
  'mcptoolconfigs',
  'mcpoidcconfigs',
  'mcpauthzconfigs',
  'mcptelemetryconfigs',
  'embeddingservers',
  'virtualmcpcompositetooldefinitions',
];
/** The kinds that injection reads once more when the watch may be behind. */
const READ_LIVE = new Set(['mcpserverentries', 'virtualmcpservers', 'mcpservers', 'mcpremoteproxies']);

describeOnCluster('the rights of the webhook', ({ kubectl }) => {
  it('are to read the ToolHive kinds and to get ConfigMaps, and no more', async () => {
    const listed = await kubectl.ok(['auth', 'can-i', '--list', '-n', 'default', '--as', WEBHOOK]);
    const rights = listed
      .split('\n')
      .slice(1)
      // Resources only; what every account may ask about itself is not the webhook's.
      .filter((line) => /^\S/.test(line) && !line.includes('selfsubject'))
      .map((line) => line.replace(/\s+/g, ' ').trim());
    expect(rights.sort()).toEqual(
      [
        'configmaps [] [] [get]',
        ...KINDS.map(
          (kind) => `${kind}.toolhive.stacklok.dev [] [] [list watch${READ_LIVE.has(kind) ? ' get' : ''}]`,
        ),
      ].sort(),
    );
  });

  it.each([
    ['get', 'secrets'],
    ['list', 'configmaps'],
    ['create', 'pods'],
    ['update', 'mcpserverentries.toolhive.stacklok.dev'],
    ['patch', 'mcpserverentries.toolhive.stacklok.dev/status'],
  ])('do not include to %s %s', async (verb, resource) => {
    const { stdout } = await kubectl.run(['auth', 'can-i', verb, resource, '-A', '--as', WEBHOOK]);
    expect(stdout.trim()).toBe('no');
  });
});
