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
const READ_LIVE = new Set([
  'mcpserverentries',
  'mcpgroups',
  'virtualmcpservers',
  'mcpservers',
  'mcpremoteproxies',
]);

describeOnCluster('the rights of the webhook', ({ kubectl }) => {
  /** The resources that an account may use, a line for each. */
  async function rightsOf(account: string): Promise<readonly string[]> {
    const listed = await kubectl.ok(['auth', 'can-i', '--list', '-n', 'default', '--as', account]);
    const resources = listed
      .split('\n')
      .slice(1)
      .filter((line) => /^\S/.test(line));
    return resources.map((line) => line.replace(/\s+/g, ' ').trim());
  }

  it('are to read the ToolHive kinds and to get ConfigMaps, and no more', async () => {
    // Every account has some, and from version to version more.
    const everybodys = await rightsOf('system:serviceaccount:default:default');
    const rights = (await rightsOf(WEBHOOK)).filter((right) => !everybodys.includes(right));
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
