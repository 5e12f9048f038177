import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { EnvVar, Pod } from '../../../../src/injection/pod/pod.ts';
import {
  BASE,
  baseConfigMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  toolhive,
  virtualServer,
} from '../support/cluster.ts';
import { context, depsOf, injectPod } from '../support/fixtures.ts';
import { applyPatch } from '../support/jsonPatch.ts';
import { kubeletEnv } from '../support/kubelet.ts';

/** Names of members and of the owner's backends, many of which ToolHive gives the same variables. */
const MEMBERS = ['a', 'b', 'a-b', 'a.b', 'x-a', 'own.x'];
const BACKENDS = ['b', 'own-x', 'a-b', 'legacy'];
const HEADERS = ['X', 'X-A', 'X-A-B', 'X_A'];

function normalise(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

const MANIFESTS = [...MEMBERS, ...BACKENDS].map((name) => `TOOLHIVE_HEADER_FORWARD_${normalise(name)}`);
const SECRETS = MEMBERS.flatMap((member) =>
  HEADERS.map((header) => `TOOLHIVE_SECRET_HEADER_FORWARD_${normalise(header)}_${normalise(member)}`),
);
const VARIABLES = [...new Set([...MANIFESTS, ...SECRETS, 'TOOLHIVE_HEADER_INJECTION_VALUE_AUTH'])];
const variable = fc.constantFrom(...VARIABLES);

const members = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...MEMBERS),
    plain: fc.boolean(),
    secrets: fc.uniqueArray(fc.constantFrom(...HEADERS), { maxLength: 2 }),
    auth: fc.boolean(),
  }),
  { maxLength: 4, selector: ({ name }) => name },
);

/** What the owner sets, in all the forms that a Pod allows; every value says that it is the owner's. */
const ownItem: fc.Arbitrary<EnvVar> = fc.oneof(
  variable.map((name) => ({ name, value: `owner ${name}` })),
  variable.map((name) => ({ name, valueFrom: { secretKeyRef: { name: 'owner', key: name } } })),
  fc.tuple(fc.constantFrom(...MANIFESTS), fc.constantFrom(...SECRETS)).map(([name, secret]) => ({
    name,
    value: JSON.stringify({ addHeadersFromSecret: { 'X-Owner': secret.replace('TOOLHIVE_SECRET_', '') } }),
  })),
  variable.map((name) => ({ name: 'OTHER', value: `$(${name})` })),
);

const vmcp = fc.record({
  members,
  env: fc.array(ownItem, { maxLength: 3 }),
  envFrom: fc.option(fc.constantFrom('', 'TOOLHIVE_SECRET_', 'MINE_'), { nil: undefined }),
  backends: fc.uniqueArray(fc.constantFrom(...BACKENDS), { maxLength: 2 }),
  strategy: fc.option(fc.tuple(fc.constantFrom(...BACKENDS), variable), { nil: undefined }),
  fallback: fc.option(variable, { nil: undefined }),
});
type Vmcp = typeof vmcp extends fc.Arbitrary<infer T> ? T : never;

function objectsOf({ members: some, backends, strategy, fallback }: Vmcp): Raw[] {
  const reading = (headerValueEnv: string) => ({
    type: 'header_injection',
    headerInjection: { headerName: 'X-Base', headerValueEnv },
  });
  const base = {
    ...BASE,
    backends: backends.map((name) => ({ name, url: `https://${name}.own.example/mcp`, transport: 'sse' })),
    outgoingAuth: {
      source: 'inline',
      ...(fallback && {
        default: {
          type: 'xaa',
          xaa: {
            idpTokenUrl: 'https://i',
            targetTokenUrl: 'https://t',
            targetAudience: 'a',
            idpClientSecretEnv: fallback,
          },
        },
      }),
      backends: strategy && { [strategy[0]]: reading(strategy[1]) },
    },
  };
  return [
    GROUP,
    baseConfigMap(base),
    toolhive('MCPExternalAuthConfig', 'auth', {
      type: 'headerInjection',
      headerInjection: { headerName: 'X-Auth', valueSecretRef: { name: 'auth', key: 'k' } },
    }),
    ...some.map(({ name, plain, secrets, auth }) =>
      entry(name, {
        ...(auth && { externalAuthConfigRef: { name: 'auth' } }),
        headerForward: {
          ...(plain && { addPlaintextHeaders: { 'X-Plain': `member ${name}` } }),
          addHeadersFromSecret: secrets.map((headerName) => ({
            headerName,
            valueSecretRef: { name: 'member', key: `${name}.${headerName}` },
          })),
        },
      }),
    ),
  ];
}

function podOf({ env, envFrom }: Vmcp): Raw {
  const pod = structuredClone(selfManagedPod()) as Raw & { spec: { containers: Record<string, unknown>[] } };
  const imported = envFrom === undefined ? [] : [{ prefix: envFrom, secretRef: { name: 'owner' } }];
  Object.assign(pod.spec.containers[0] ?? {}, { env, ...(imported.length > 0 && { envFrom: imported }) });
  return pod;
}

/** Every Secret of the namespace: each value says whose it is. */
const ALL_SECRETS = new Map([
  ...VARIABLES.map((name) => [`owner/${name}`, ownValue(name)] as const),
  ...MEMBERS.flatMap((name) =>
    HEADERS.map((header) => [`member/${name}.${header}`, `member ${name}`] as const),
  ),
  ['auth/k', 'member auth'],
]);

/** What the owner's own Secret holds under the name of a variable. */
function ownValue(name: string): string {
  const isManifest = name.startsWith('TOOLHIVE_HEADER_FORWARD_');
  return isManifest
    ? JSON.stringify({ addPlaintextHeaders: { 'X-Owner': `owner ${name}` } })
    : `owner ${name}`;
}

interface Config {
  readonly backends: readonly { name: string; url: string }[];
  readonly outgoingAuth: {
    readonly default?: { readonly xaa: { readonly idpClientSecretEnv: string } };
    readonly backends?: Record<string, { readonly headerInjection?: { readonly headerValueEnv: string } }>;
  };
}

/** The values of all headers that the vMCP sends to a backend. */
function headersTo(name: string, env: ReadonlyMap<string, string>): string[] {
  let manifest: {
    addPlaintextHeaders?: Record<string, string>;
    addHeadersFromSecret?: Record<string, string>;
  };
  try {
    manifest = JSON.parse(env.get(`TOOLHIVE_HEADER_FORWARD_${normalise(name)}`) ?? '{}');
  } catch {
    return [];
  }
  const secrets = Object.values(manifest.addHeadersFromSecret ?? {});
  return [
    ...Object.values(manifest.addPlaintextHeaders ?? {}),
    ...secrets.map((identifier) => env.get(`TOOLHIVE_SECRET_${identifier}`) ?? ''),
  ];
}

/** A variable that the operator sets for the default auth of the vMCP, unless the Pod template does. */
const DEFAULT_VARIABLE = 'TOOLHIVE_HEADER_INJECTION_VALUE_AUTH';

/**
 * The same vMCP made by the operator: its owner's variables are those of the Pod template, the others are the operator's.
 * @param absent variables of the template that the Pod lacks
 */
function operatorsObjects(given: Vmcp, absent: readonly EnvVar[], hasDefault: boolean): Raw[] {
  const containers = [
    { name: 'vmcp', env: [...absent, ...given.env] },
    { name: 'sidecar', env: [{ name: VARIABLES[0] }] },
  ];
  const operators = objectsOf({ ...given, backends: [], strategy: undefined, fallback: undefined });
  const auth = {
    default: { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'auth' } },
  };
  const strategy = {
    type: 'header_injection',
    headerInjection: { headerName: 'X-Auth', headerValueEnv: DEFAULT_VARIABLE },
  };
  const base = { ...BASE, outgoingAuth: { source: 'inline', ...(hasDefault && { default: strategy }) } };
  return [
    ...operators.map((object) => (object.kind === 'ConfigMap' ? baseConfigMap(base) : object)),
    virtualServer(hasDefault ? auth : {}, { podTemplateSpec: { spec: { containers } } }),
  ];
}

function operatorsPod({ env, envFrom }: Vmcp, generated: readonly EnvVar[]): Raw {
  const own = new Set(env.map(({ name }) => name));
  const pod = operatorMadePod({ env: [...generated.filter(({ name }) => !own.has(name)), ...env] }) as Raw & {
    spec: { containers: Record<string, unknown>[] };
  };
  if (envFrom !== undefined)
    Object.assign(pod.spec.containers[0] ?? {}, {
      envFrom: [{ prefix: envFrom, secretRef: { name: 'owner' } }],
    });
  return pod;
}

async function inject(given: Vmcp, objects = objectsOf(given), pod = podOf(given)) {
  const deps = depsOf(documents(objects));
  const first = await injectPod(pod, 'apps', deps, context());
  const patched = applyPatch(pod, first.patch) as Pod;
  const again = await injectPod(structuredClone(patched), 'apps', deps, context());
  const container = patched.spec.containers[0];
  const imported = new Map(
    given.envFrom === undefined
      ? []
      : VARIABLES.map((name) => [`${given.envFrom}${name}`, ownValue(name)] as const),
  );
  return {
    decision: first.decision,
    again,
    after: container?.env ?? [],
    env: kubeletEnv(container?.env, ALL_SECRETS, imported),
    envBefore: kubeletEnv(given.env, ALL_SECRETS, imported),
    config: parse(patched.metadata?.annotations?.['vmcp-admission.dev/config.yaml'] ?? '{}') as Config,
  };
}

function isMember({ url }: { url: string }): boolean {
  return !url.includes('.own.example');
}

describe('variables of the owner and of the members of its group', () => {
  const holds = (property: (given: Vmcp, result: Awaited<ReturnType<typeof inject>>) => void) =>
    fc.assert(
      fc.asyncProperty(vmcp, async (given) => {
        const result = await inject(given);
        fc.pre(result.decision === 'injected');
        property(given, result);
      }),
      { numRuns: 150 },
    );

  it('are told apart again in a second pass, which changes nothing', () =>
    holds((_, { again }) => expect(again.patch).toEqual([])));

  it('never take the place of each other', () =>
    holds(({ env }, { after }) => {
      const names = new Set(env.map(({ name }) => name));
      expect(after.filter(({ name }) => names.has(name))).toEqual(env);
    }));

  it('reach a member only when they are its own', () =>
    holds((_, { env, config }) => {
      for (const backend of config.backends.filter(isMember))
        for (const value of headersTo(backend.name, env)) expect(value).toBe(`member ${backend.name}`);
    }));

  it("reach a backend of the owner only when they are the owner's", () =>
    holds((_, { env, envBefore, config }) => {
      const { default: fallback, backends = {} } = config.outgoingAuth;
      for (const backend of config.backends.filter((each) => !isMember(each))) {
        const own = backends[backend.name]?.headerInjection?.headerValueEnv;
        const values = [
          ...headersTo(backend.name, env),
          env.get(own ?? '') ?? '',
          env.get(fallback?.xaa.idpClientSecretEnv ?? '') ?? '',
        ];
        for (const value of values) expect(value).not.toContain('member');
        expect(headersTo(backend.name, env)).toEqual(headersTo(backend.name, envBefore));
      }
    }));
});

describe('variables of a vMCP that the operator made', () => {
  /** What the operator may have set for members, now or some time ago. */
  const generated = fc.array(
    ownItem.filter(({ name }) => name !== 'OTHER'),
    { maxLength: 4 },
  );

  it('reach a member only when they are its own, and those of the Pod template stay as they are', () =>
    fc.assert(
      fc.asyncProperty(
        vmcp,
        generated,
        generated,
        fc.boolean(),
        async (given, operators, absent, hasDefault) => {
          const objects = operatorsObjects(given, absent, hasDefault);
          const result = await inject(given, objects, operatorsPod(given, operators));
          expect(result.decision).toBe('injected');
          expect(result.again.patch).toEqual([]);
          const names = new Set(given.env.map(({ name }) => name));
          expect(result.after.filter(({ name }) => names.has(name))).toEqual(given.env);
          const present = new Set([...names, ...operators.map(({ name }) => name)]);
          const written = result.after.map(({ name }) => name).filter((name) => !present.has(name));
          for (const { name } of absent) expect(written).not.toContain(name);
          for (const { name } of result.config.backends)
            for (const value of headersTo(name, result.env)) expect(value).toBe(`member ${name}`);
        },
      ),
      { numRuns: 150 },
    ));
});

/** As when a Pod is restored from a backup after its owner has written a backend with the name of a member. */
it('a backend of the owner does not get the headers that an earlier pass set for the member of its name', async () => {
  const secret = { headerName: 'X', valueSecretRef: { name: 'of-member', key: 'k' } };
  const member = entry('b', { headerForward: { addHeadersFromSecret: [secret] } });
  const depsWith = (backends: readonly unknown[]) =>
    depsOf(documents([GROUP, baseConfigMap({ ...BASE, backends }), member]));
  const first = await injectPod(selfManagedPod(), 'apps', depsWith([]), context());
  const own = { name: 'b', url: 'https://b.own.example/mcp', transport: 'sse' };
  const restored = applyPatch(selfManagedPod(), first.patch);
  const { pod, report } = await injectPod(restored, 'apps', depsWith([own]), context());
  expect(report).toMatchObject({
    backends: ['b'],
    own: ['b'],
    leftOut: [{ name: 'b', reason: 'name-taken' }],
  });
  expect(JSON.stringify(first.pod)).toContain('of-member');
  expect(JSON.stringify(pod)).not.toContain('of-member');
});

/** Without headers of its own, the member would get an empty variable in place of the imported one. */
it('a variable that the container imports and its command reads is not replaced for a member of the group', async () => {
  const nothing = { members: [], env: [], backends: [], strategy: undefined, fallback: undefined };
  const given: Vmcp = { ...nothing, envFrom: '' };
  const pod = podOf(given);
  Object.assign((pod as unknown as Pod).spec.containers[0] ?? {}, {
    command: ['/vmcp', '--header', '$(TOOLHIVE_HEADER_FORWARD_B)'],
  });
  const { env, envBefore, again } = await inject(given, [...objectsOf(given), entry('b')], pod);
  expect(env.get('TOOLHIVE_HEADER_FORWARD_B')).toBe(envBefore.get('TOOLHIVE_HEADER_FORWARD_B'));
  expect(again.report?.leftOut).toMatchObject([{ name: 'b', reason: 'header-collision' }]);
});
