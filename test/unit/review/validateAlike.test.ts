import { beforeAll, describe, expect, it } from 'vitest';
import type { Reviewer } from '../../../src/admission/reviewer.ts';
import type { NamespaceView } from '../../../src/catalog/catalog.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { validateReviewer } from '../../../src/review/validate.ts';
import { vmcpsServing } from '../../../src/rules/auth/providers.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { decided, entry, TEAM, toRequest } from '../rules/support.ts';

const LETTERS = 14;
const MEMBERS = 10_000;

/** Names that all normalise to one: 2^14 ways to write `a` fourteen times with a dot or a hyphen before each. */
function alike(index: number): string {
  const parts = Array.from({ length: LETTERS }, (_, bit) => ((index >> bit) & 1 ? '-a' : '.a'));
  return `n${parts.join('')}`;
}

const headers = {
  headerForward: { addHeadersFromSecret: [{ headerName: 'X-A', valueSecretRef: { name: 's', key: 'k' } }] },
};
const member = (index: number) => entry(headers, { name: alike(index) }, { phase: 'Valid' });
const vmcp = (spec: object) => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'VirtualMCPServer',
  metadata: { name: 'v', namespace: 'default' },
  spec: { groupRef: { name: 'team' }, incomingAuth: { type: 'anonymous' }, ...spec },
});

describe('a group whose ten thousand members have names that ToolHive cannot tell apart', () => {
  let reviewer: Reviewer;
  const review = async (spec: Parameters<typeof toRequest>[0]) =>
    decided(await reviewer(toRequest(spec), { signal: AbortSignal.abort(), now: new Date(0) }));

  beforeAll(() => {
    const members = Array.from({ length: MEMBERS }, (_, index) => member(index));
    const documents = [...TEAM, vmcp({ outgoingAuth: { source: 'inline' } }), ...members].map(
      (object, index) => ({ file: 'cluster.yaml', document: index + 1, line: 1, object }),
    );
    const catalog = manifestCatalog(documents, { secrets: false });
    reviewer = validateReviewer({ catalog, policy: defaultPolicy() });
  });

  it('is not resolved for the preview of a deletion', async () => {
    const outcome = await review({ operation: 'DELETE', oldObject: member(0) });
    expect(outcome).toMatchObject({ kind: 'allowed', warnings: [] });
  });

  it('is not compared as a whole with each backend of a vMCP', async () => {
    const backends = Array.from({ length: 2_000 }, (_, index) => ({
      name: alike(MEMBERS + index),
      url: 'https://mcp.example.com/mcp',
    }));
    const object = vmcp({ config: { backends } });
    const oldObject = vmcp({ config: { backends: backends.slice(1) } });
    const outcome = await review({ object, oldObject });
    expect(outcome.kind === 'denied' && outcome.causes.map(({ message }) => message)).toEqual([
      expect.stringMatching(/\(and at least 19 more\) share the variable .* \[header-env-collision\]$/),
    ]);
  });

  it('denies one more', async () => {
    const outcome = await review({ object: member(MEMBERS) });
    expect(outcome).toMatchObject({
      kind: 'denied',
      reasons: expect.arrayContaining(['header-env-collision']),
    });
  });
});

describe('an auth config that thousands of members use', () => {
  it('asks for the vMCPs of a group once, and about the first member only', () => {
    const asked: string[] = [];
    const server = { source: 'discovered', backendAuth: {} };
    const users = Array.from({ length: 5_000 }, (_, index) => ({
      kind: 'MCPServerEntry',
      group: 'team',
      get metadata() {
        asked.push(`member ${index}`);
        return { name: `e${index}` };
      },
    }));
    const view = {
      usersOf: () => users,
      virtualServersOf: (group: string) => {
        asked.push(group);
        return [server];
      },
    } as unknown as NamespaceView;
    expect([...vmcpsServing('c', view)]).toEqual([server]);
    expect(asked).toEqual(['team', 'member 0']);
  });
});
