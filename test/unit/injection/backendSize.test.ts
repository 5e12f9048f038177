import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createInjector, type Injection } from '../../../src/injection/injector.ts';
import type { Pod } from '../../../src/injection/pod/pod.ts';
import {
  BASE,
  baseConfigMap,
  configMap,
  documents,
  entry,
  GROUP,
  operatorMadePod,
  type Raw,
  selfManagedPod,
  toolhive,
  virtualServer,
} from './support/cluster.ts';
import { context, depsOf, injectPod } from './support/fixtures.ts';

const CLUSTER = [GROUP, virtualServer(), baseConfigMap()];
const LIMIT = 32_768;

function inject(objects: readonly Raw[], pod: unknown = operatorMadePod()): Promise<Injection> {
  return injectPod(pod, 'apps', depsOf(documents(objects)), context());
}

function exchange(name: string, block: Record<string, unknown>): Raw {
  const tokenExchange = { tokenUrl: 'https://idp.example/t', audience: 'a', ...block };
  return toolhive('MCPExternalAuthConfig', name, { type: 'tokenExchange', tokenExchange });
}

/** An MCPServer; its controller writes its URL. */
function server(name: string, url: string): Raw {
  const spec = { groupRef: { name: 'team' }, transport: 'streamable-http' };
  return toolhive('MCPServer', name, spec, { status: { phase: 'Ready', url } });
}

function long(characters: number): string {
  return 'https://h.example/'.padEnd(characters, 'a');
}

function leftOut({ report }: Injection) {
  return report?.leftOut.map(({ name, reason }) => `${name}=${reason}`);
}

const withAuth = (name: string) => entry(name, { externalAuthConfigRef: { name: 'long' } });

describe('a backend that is too large', () => {
  it.each([
    ['a long audience', [withAuth('bad'), exchange('long', { audience: 'x'.repeat(270_000) })]],
    ['many scopes', [withAuth('bad'), exchange('long', { scopes: Array(2_000).fill('mcp:read') })]],
    ['a URL that a controller wrote', [server('bad', long(140_000))]],
    [
      'the URL that a proxy dials',
      [
        toolhive(
          'MCPRemoteProxy',
          'bad',
          { groupRef: { name: 'team' }, remoteUrl: long(140_000), transport: 'sse' },
          { status: { phase: 'Ready', url: 'http://proxy.apps.svc:8080' } },
        ),
      ],
    ],
  ])('is left out alone: %s', async (_what, objects) => {
    const injection = await inject([...CLUSTER, entry('good'), ...objects]);
    expect(injection.decision).toBe('injected');
    expect(injection.report?.backends).toEqual(['good']);
    expect(leftOut(injection)).toEqual(['bad=backend-too-large']);
    const again = await inject([...CLUSTER, entry('good'), ...objects], injection.pod);
    expect(again.patch).toEqual([]);
  });

  it('says what to shorten, the size seen and the limit', async () => {
    const injection = await inject([
      ...CLUSTER,
      server('url', long(40_000)),
      toolhive(
        'MCPRemoteProxy',
        'proxy',
        { groupRef: { name: 'team' }, remoteUrl: long(41_000), transport: 'sse' },
        { status: { phase: 'Ready', url: 'http://proxy.apps.svc:8080' } },
      ),
      withAuth('auth'),
      exchange('long', { audience: 'x'.repeat(42_000) }),
    ]);
    const room = 'at most 32768 are allowed for one backend, as all share the annotations of the Pod';
    expect(injection.report?.leftOut.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        `^its part of the config has 40\\d{3} bytes, ${room}; shorten its URL, of 40000 characters$`,
      ),
      expect.stringMatching(/has 41\d{3} bytes, .*; shorten its URL, of 41000 characters$/),
      expect.stringMatching(
        /has 42\d{3} bytes, .*; shorten the texts of MCPExternalAuthConfig "long", of 42\d{3} bytes$/,
      ),
    ]);
  });

  it('is denied by the rules before, when the URL of an entry is long', async () => {
    const injection = await inject([...CLUSTER, entry('good'), entry('bad', { remoteUrl: long(140_000) })]);
    expect(injection.report?.backends).toEqual(['good']);
    expect(leftOut(injection)).toEqual(['bad=entry-denied']);
  });

  it('gives its name free for the next of the same name', async () => {
    const injection = await inject([...CLUSTER, server('one', long(40_000)), entry('one')]);
    expect(injection.report?.backends).toEqual(['one']);
    expect(leftOut(injection)).toEqual(['one=backend-too-large']);
  });

  it('is not one whose annotations are long: those are left out when space is short', async () => {
    const notes = { note: 'x'.repeat(200_000) };
    const injection = await inject([...CLUSTER, entry('one', {}, notes), entry('two', {}, notes)]);
    expect(injection.report?.backends).toEqual(['one', 'two']);
  });

  it('is one with a long strategy in the base config of its owner', async () => {
    const strategies = (headerName: string) => ({
      ...BASE,
      outgoingAuth: {
        source: 'inline',
        backends: { one: { type: 'header_injection', headerInjection: { headerName, headerValue: 'v' } } },
      },
    });
    const objects = (headerName: string) => [
      GROUP,
      entry('one'),
      entry('two'),
      configMap('team-vmcp-vmcp-config', { 'config.yaml': stringify(strategies(headerName)) }),
    ];
    expect((await inject(objects('X-A'), selfManagedPod())).report?.backends).toEqual(['one', 'two']);
    const injection = await inject(objects('x'.repeat(40_000)), selfManagedPod());
    expect(injection.report?.backends).toEqual(['two']);
    expect(leftOut(injection)).toEqual(['one=backend-too-large']);
    expect((await inject(objects('x'.repeat(40_000)), injection.pod)).patch).toEqual([]);
  });

  it('is remembered with what the group settled to', async () => {
    const objects = [...CLUSTER, entry('good'), server('bad', long(40_000))];
    const injector = createInjector(depsOf(documents(objects)));
    const first = await injector.inject(operatorMadePod(), 'apps', context());
    const second = await injector.inject(operatorMadePod(), 'apps', context());
    expect(second).toEqual(first);
    expect(leftOut(second)).toEqual(['bad=backend-too-large']);
  });

  it('is every one beyond the limit and no other, whatever its characters', async () => {
    const unit = fc.constantFrom('a', '"', 'é', '漢', '😀', '\u2028', '\u0085', '\u0001', '\ud800');
    const audience = fc
      .tuple(fc.array(unit, { minLength: 1, maxLength: 3 }), fc.integer({ min: 0, max: 40_000 }))
      .map(([units, bytes]) => units.join('').repeat(Math.ceil(bytes / (6 * units.length))));
    const scopes = fc.integer({ min: 0, max: 1_900 }).map((count) => Array<string>(count).fill(''));
    await fc.assert(
      fc.asyncProperty(audience, scopes, async (text, list) => {
        const objects = [...CLUSTER, withAuth('one'), exchange('long', { audience: text, scopes: list })];
        const { report, pod } = await inject(objects);
        const config = (pod as Pod).metadata?.annotations?.['vmcp-admission.dev/config.yaml'] ?? '';
        const empty = await inject([...CLUSTER, entry('one', { remoteUrl: 'https://one.example/mcp' })]);
        const base = (empty.pod as Pod).metadata?.annotations?.['vmcp-admission.dev/config.yaml'] ?? '';
        const served = report?.leftOut.length === 0;
        const message = report?.leftOut[0]?.message ?? '';
        const seen = Number(/has (\d+) bytes/.exec(message)?.[1] ?? 0);
        if (served) expect(Buffer.byteLength(config) - Buffer.byteLength(base)).toBeLessThan(LIMIT);
        else expect(seen).toBeGreaterThan(LIMIT);
      }),
      { numRuns: 60 },
    );
  });
});
