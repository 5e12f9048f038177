import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../../../src/catalog/catalog.ts';
import type { Pod } from '../../../../src/injection/pod/pod.ts';
import { defaultPolicy, type Policy } from '../../../../src/rules/policy/policy.ts';
import {
  baseConfigMap,
  configMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  toolhive,
  virtualServer,
} from '../support/cluster.ts';
import { context, depsOf, injectPod } from '../support/fixtures.ts';

interface Setting {
  readonly secrets?: boolean;
  readonly catalog?: Partial<Catalog>;
  readonly policy?: Policy;
}

/** The report about a group of these objects, the same in a second pass. */
async function reportOf(objects: readonly Raw[], { secrets = false, catalog, policy }: Setting = {}) {
  const given = depsOf(documents([virtualServer(), baseConfigMap(), ...objects]), secrets);
  const deps = { ...given, catalog: { ...given.catalog, ...catalog }, ...(policy && { policy }) };
  const { report, pod } = await injectPod(operatorMadePod(), 'apps', deps, context());
  const again = await injectPod(structuredClone(pod), 'apps', deps, context());
  expect(again.patch).toEqual([]);
  return { report, pod: pod as Pod };
}

function server(name: string, url: string | undefined): Raw {
  const spec = { groupRef: { name: 'team' }, image: 'x', transport: 'stdio' };
  return toolhive('MCPServer', name, spec, { status: { phase: 'Ready', ...(url && { url }) } });
}

function secret(name: string, data: Record<string, string>): Raw {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'apps' }, data };
}

const HEADER_AUTH = toolhive('MCPExternalAuthConfig', 'auth', {
  type: 'headerInjection',
  headerInjection: { headerName: 'X-Key', valueSecretRef: { name: 'keys', key: 'k' } },
});
const WITH_AUTH = entry('one', { externalAuthConfigRef: { name: 'auth' } });
const WITH_HEADER = entry('one', {
  headerForward: {
    addHeadersFromSecret: [{ headerName: 'X-Key', valueSecretRef: { name: 'keys', key: 'k' } }],
  },
});
const READ_SECRETS = { secrets: true };

const EXCLUDED: readonly (readonly [
  what: string,
  objects: readonly Raw[],
  setting: Setting,
  reason: string,
  message: string,
])[] = [
  [
    'has no valid name',
    [server('Not_A_Name', 'http://x.apps.svc/mcp')],
    {},
    'name-invalid',
    'its name is not a DNS subdomain',
  ],
  [
    'has no URL yet',
    [server('one', undefined)],
    {},
    'url-missing',
    'its controller has not written status.url yet; a Pod made after that will have it',
  ],
  [
    'has a URL of another scheme',
    [server('one', 'ftp://x.apps.svc/mcp')],
    {},
    'url-invalid',
    'its URL is not an http or https URL',
  ],
  [
    'has a text instead of a URL',
    [server('one', 'nothing')],
    {},
    'url-invalid',
    'its URL is not an http or https URL',
  ],
  [
    'has auth without its Secret',
    [WITH_AUTH, HEADER_AUTH],
    READ_SECRETS,
    'auth-secret-missing',
    'Secret "keys" does not exist; create it',
  ],
  [
    'has auth without its key',
    [WITH_AUTH, HEADER_AUTH, secret('keys', { other: 'eA==' })],
    READ_SECRETS,
    'auth-secret-missing',
    'Secret "keys" has no key "k"; add it',
  ],
  [
    'has auth with an empty value',
    [WITH_AUTH, HEADER_AUTH, secret('keys', { k: '' })],
    READ_SECRETS,
    'auth-secret-missing',
    'key "k" of Secret "keys" is empty, which counts as missing',
  ],
  [
    'has a header without its Secret',
    [WITH_HEADER],
    READ_SECRETS,
    'header-secret-missing',
    'Secret "keys" does not exist; create it',
  ],
];

describe('a member that', () => {
  it.each(EXCLUDED)(
    '%s is excluded, and the others are served',
    async (_, objects, setting, reason, message) => {
      const { report } = await reportOf([GROUP, entry('other'), ...objects], setting);
      expect(report?.backends).toEqual(['other']);
      expect(report?.leftOut.map((each) => ({ reason: each.reason, message: each.message }))).toEqual([
        { reason, message },
      ]);
    },
  );

  it.each([
    ['auth', [WITH_AUTH, HEADER_AUTH]],
    ['a header', [WITH_HEADER]],
  ])('has %s whose Secret is there is served', async (_, objects) => {
    const { report } = await reportOf([GROUP, ...objects, secret('keys', { k: 'eA==' })], READ_SECRETS);
    expect(report).toMatchObject({ backends: ['one'], leftOut: [] });
  });
});

describe('a variable that the operator requires for an override', () => {
  const name = 'TOOLHIVE_HEADER_INJECTION_VALUE_AUTH';
  const required = { name, valueFrom: { secretKeyRef: { name: 'keys', key: 'k' } } };
  const optional = { name, valueFrom: { secretKeyRef: { name: 'keys', key: 'k', optional: true } } };
  const choice = { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'auth' } };

  async function variableOf(outgoingAuth: Record<string, unknown>, objects: readonly Raw[]) {
    const all = [virtualServer(outgoingAuth), baseConfigMap(), GROUP, HEADER_AUTH, ...objects];
    const deps = depsOf(documents(all), true);
    const { pod } = await injectPod(operatorMadePod({ env: [required] }), 'apps', deps, context());
    expect((await injectPod(structuredClone(pod), 'apps', deps, context())).patch).toEqual([]);
    return (pod as Pod).spec.containers[0]?.env;
  }

  it('becomes optional when its backend is excluded for the missing Secret', async () => {
    expect(await variableOf({ backends: { one: choice } }, [entry('one'), entry('two')])).toEqual([optional]);
  });

  it('becomes optional when its backend is excluded for another reason', async () => {
    const failed = { ...entry('one'), status: { phase: 'Failed' } };
    expect(await variableOf({ backends: { one: choice } }, [failed, entry('two')])).toEqual([optional]);
  });

  it.each<[string, Record<string, unknown>, Raw[]]>([
    ['its backend is served', { backends: { one: choice } }, [entry('one'), secret('keys', { k: 'eA==' })]],
    ['it is the default', { default: choice }, [entry('one')]],
    ['it is the default, too', { default: choice, backends: { one: choice } }, [entry('one')]],
  ])('stays required when %s', async (_, outgoingAuth, objects) => {
    expect(await variableOf(outgoingAuth, objects)).toEqual([required]);
  });
});

it('a default without its Secret is reported, as the vMCP cannot start', async () => {
  const choice = { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'auth' } };
  const objects = [virtualServer({ default: choice }), baseConfigMap(), GROUP, HEADER_AUTH, entry('one')];
  const { report } = await injectPod(operatorMadePod(), 'apps', depsOf(documents(objects), true), context());
  expect(report).toMatchObject({
    backends: ['one'],
    notes: [
      {
        reason: 'default-auth-failed',
        message:
          'the vMCP cannot start without the Secret of its default auth: Secret "keys" does not exist; create it',
      },
    ],
  });
});

describe('a note in the report', () => {
  const notesOf = async (objects: readonly Raw[], setting?: Setting) =>
    (await reportOf(objects, setting)).report?.notes;

  it('says that a CA bundle could not be read and is mounted without verification', async () => {
    const withCa = entry('one', { caBundleRef: { configMapRef: { name: 'ca', key: 'ca.crt' } } });
    const base = depsOf(documents([baseConfigMap()])).catalog;
    const catalog: Partial<Catalog> = {
      configMap: async (namespace, name, signal) =>
        name === 'ca'
          ? { state: 'unavailable', reason: 'no answer within 3 s' }
          : base.configMap(namespace, name, signal),
    };
    const { report, pod } = await reportOf([GROUP, withCa, configMap('ca', {})], { catalog });
    expect(report?.backends).toEqual(['one']);
    expect(report?.notes).toEqual([
      {
        kind: 'MCPServerEntry',
        name: 'one',
        reason: 'ca-unverified',
        message: expect.stringContaining('ConfigMap "ca" could not be read (no answer within 3 s)'),
      },
    ]);
    expect(pod.spec.volumes?.map(({ name }) => name)).toContain('ca-bundle-one');
  });

  it('says that a header which the vMCP refuses is not forwarded', async () => {
    const policy = defaultPolicy();
    const lenient = { ...policy, levels: { ...policy.levels, 'header-name-restricted': 'warn' as const } };
    const headers = entry('one', {
      headerForward: { addPlaintextHeaders: { Host: 'x', 'X-Tenant': 'acme' } },
    });
    const { report, pod } = await reportOf([GROUP, headers], { policy: lenient });
    expect(report?.notes).toEqual([
      {
        kind: 'MCPServerEntry',
        name: 'one',
        reason: 'header-dropped',
        message: 'header "Host" is one that the vMCP refuses; it is not forwarded',
      },
    ]);
    expect(pod.spec.containers[0]?.env).toEqual([
      { name: 'TOOLHIVE_HEADER_FORWARD_ONE', value: '{"addPlaintextHeaders":{"X-Tenant":"acme"}}' },
    ]);
  });

  it('says that the MCPGroup does not exist', async () => {
    expect(await notesOf([entry('one')])).toEqual([
      {
        kind: 'Pod',
        name: '',
        reason: 'group-missing',
        message: 'MCPGroup "team" does not exist; its members were found by their groupRef',
      },
    ]);
    expect(await notesOf([GROUP, entry('one')])).toEqual([]);
  });
});

describe('headers whose variable is nearly as large as Linux allows', () => {
  const LIMIT = 131_072;
  const TAKEN = 'TOOLHIVE_SECRET_HEADER_FORWARD_X_A_B';

  /** An entry `b` whose variable has this size with ToolHive's own names, beside one that wants the same names. */
  function group(size: number): Raw[] {
    const secrets = (headerName: string) => [{ headerName, valueSecretRef: { name: 'keys', key: 'k' } }];
    const manifest = `{"addPlaintextHeaders":{"X-Plain":""},"addHeadersFromSecret":{"X-A":"${TAKEN.slice(16)}"}}`;
    const filler = size - `TOOLHIVE_HEADER_FORWARD_B=${manifest}\0`.length;
    const plaintext = { 'X-Plain': 'x'.repeat(filler) };
    return [
      GROUP,
      entry('a-b', { headerForward: { addHeadersFromSecret: secrets('X') } }),
      entry('b', { headerForward: { addPlaintextHeaders: plaintext, addHeadersFromSecret: secrets('X-A') } }),
    ];
  }

  it('are delivered while they fit with any name that injection chooses', async () => {
    const { report, pod } = await reportOf(group(LIMIT - 17));
    expect(report?.backends).toEqual(['a-b', 'b']);
    const variable = pod.spec.containers[0]?.env?.find(({ name }) => name === 'TOOLHIVE_HEADER_FORWARD_B');
    expect(`${variable?.name}=${variable?.value}\0`).toHaveLength(LIMIT);
  });

  it('exclude their backend when they might not fit', async () => {
    const { report } = await reportOf(group(LIMIT - 16));
    expect(report?.backends).toEqual(['a-b']);
    expect(report?.leftOut).toMatchObject([{ name: 'b', reason: 'backend-too-large' }]);
  });
});
