import { describe, expect, it } from 'vitest';
import type { AdmissionRequest } from '../../../src/admission/review.ts';
import { makeReviewers } from '../../../src/review/reviewers.ts';
import type { RunningPods } from '../../../src/stale/running.ts';
import { PLURALS, type ToolhiveKind } from '../../../src/toolhive/kinds.ts';
import type { ToolhiveVersion } from '../../../src/toolhive/versions.ts';
import {
  baseConfigMap,
  documents,
  entry,
  GROUP,
  type Raw,
  toolhive,
  virtualServer,
} from '../injection/support/cluster.ts';
import { context, depsOf } from '../injection/support/fixtures.ts';

const deployment = (name: string) => ({ kind: 'Deployment', namespace: 'apps', name });
const OPERATORS: RunningPods = {
  workload: deployment('team-vmcp'),
  virtualServer: 'team-vmcp',
  group: 'team',
  pods: ['team-vmcp-1', 'team-vmcp-2'],
};
const OWN: RunningPods = {
  workload: deployment('mine'),
  virtualServer: undefined,
  group: 'team',
  pods: ['mine-1'],
};
const OTHER: RunningPods = { ...OWN, workload: deployment('other'), group: 'other' };

const operators = (what: string) =>
  `vMCP "team-vmcp": 2 Pods keep the old ${what}; kubectl rollout restart deployment/team-vmcp -n apps`;
const own = (what: string) =>
  `vMCP "mine": 1 Pod keeps the old ${what}; kubectl rollout restart deployment/mine -n apps`;

const authConfig = (tokenUrl: string, name = 'exchange') =>
  toolhive('MCPExternalAuthConfig', name, {
    type: 'tokenExchange',
    tokenExchange: { tokenUrl, audience: 'a', clientId: 'c' },
  });
const using = { externalAuthConfigRef: { name: 'exchange' } };
const bundle = (name: string) => ({ caBundleRef: { configMapRef: { name, key: 'ca.crt' } } });
const moved = { remoteUrl: 'https://moved.example.com/mcp' };

const CLUSTER = [
  GROUP,
  virtualServer({ default: { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'default' } } }),
  baseConfigMap(),
  entry('one', using),
  authConfig('https://one.example.com/token'),
  authConfig('https://one.example.com/token', 'default'),
  authConfig('https://one.example.com/token', 'unused'),
];

interface Write {
  readonly object?: Raw;
  readonly oldObject?: Raw;
  readonly more?: Partial<AdmissionRequest>;
  /** The release of ToolHive that runs. */
  readonly toolhive?: ToolhiveVersion;
}

async function keptAfter({
  object,
  oldObject,
  more = {},
  toolhive: release,
}: Write): Promise<readonly string[]> {
  const deps = depsOf(documents(CLUSTER));
  const policy = { ...deps.policy, toolhive: release };
  const { validate } = makeReviewers({ ...deps, policy }, (namespace) =>
    namespace === 'apps' ? [OPERATORS, OWN, OTHER] : [],
  );
  const kind = ((object ?? oldObject) as Raw).kind as ToolhiveKind;
  const operation = object === undefined ? 'DELETE' : oldObject === undefined ? 'CREATE' : 'UPDATE';
  const request: AdmissionRequest = {
    uid: 'u',
    kind: { group: 'toolhive.stacklok.dev', version: 'v1beta1', kind },
    resource: { group: 'toolhive.stacklok.dev', version: 'v1beta1', resource: PLURALS[kind] },
    namespace: 'apps',
    operation,
    object,
    oldObject,
    userInfo: { username: 'jane' },
    ...more,
  };
  const { warnings } = await validate(request, context());
  return warnings.filter((warning) => warning.includes(' the old '));
}

describe('a write while vMCP Pods run', () => {
  const edited = {
    object: authConfig('https://two.example.com/token'),
    oldObject: authConfig('https://one.example.com/token'),
  };
  const moveOfBundle = { object: entry('one', bundle('new')), oldObject: entry('one', bundle('old')) };
  const rows: readonly (readonly [string, Write, readonly string[]])[] = [
    [
      'of an auth config that a member uses',
      edited,
      [operators('auth of config "exchange"'), own('auth of config "exchange"')],
    ],
    [
      'of an auth config that a vMCP uses',
      {
        object: authConfig('https://two.example.com/token', 'default'),
        oldObject: authConfig('https://one.example.com/token', 'default'),
      },
      [operators('auth of config "default"')],
    ],
    [
      'of an auth config that nothing uses',
      {
        object: authConfig('https://two.example.com/token', 'unused'),
        oldObject: authConfig('https://one.example.com/token', 'unused'),
      },
      [],
    ],
    ['of a new member', { object: entry('two') }, [own('backend list')]],
    ['of a member', { object: entry('one', moved), oldObject: entry('one') }, [own('backend list')]],
    ['that deletes a member', { oldObject: entry('one') }, [own('backend list')]],
    [
      'of another CA bundle',
      moveOfBundle,
      [operators("backend list, unless ToolHive's operator is v0.47 or newer"), own('backend list')],
    ],
    [
      'of another CA bundle, with an operator that does not look at it',
      { ...moveOfBundle, toolhive: [0, 44] },
      [operators('backend list'), own('backend list')],
    ],
    [
      'of another CA bundle, with an operator that makes new Pods for it',
      { ...moveOfBundle, toolhive: [0, 47] },
      [own('backend list')],
    ],
    ['that changes no spec', { object: entry('one', {}, { a: 'b' }), oldObject: entry('one') }, []],
    ['of a member of another group', { object: entry('one', { groupRef: { name: 'third' } }) }, []],
    ['of a group', { object: GROUP }, []],
    ['that is denied', { object: entry('bad', { remoteUrl: 'http://localhost/' }) }, []],
    ['of a status', { ...edited, more: { subResource: 'status' } }, []],
    [
      'of a controller, which reads no warnings',
      { ...edited, more: { userInfo: { username: 'system:serviceaccount:toolhive:operator' } } },
      [],
    ],
    ['in another namespace', { ...edited, more: { namespace: 'elsewhere' } }, []],
  ];

  it.each(rows)('%s says which of them keep what they have', async (_, write, lines) => {
    expect(await keptAfter(write)).toEqual(lines);
  });
});
