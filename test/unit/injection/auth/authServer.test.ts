import { describe, expect, it } from 'vitest';
import {
  type AuthServer,
  findAuthServer,
  providerRefusal,
  readAuthServer,
} from '../../../../src/injection/auth/authServer.ts';
import type { ConfigMap } from '../../../../src/kubernetes/configMap.ts';

const never = async () => {};
const MALFORMED = { unreadable: 'its upstreams are not a list of mappings, each with a text as its name' };

describe('the upstream providers of an authserver-config.yaml', () => {
  it.each<[text: string, server: AuthServer]>([
    ['upstreams: [{name: okta}, {name: entra}]', { providers: ['okta', 'entra'] }],
    ['upstreams:\n  - name: "okta"\n    type: oidc', { providers: ['okta'] }],
    ['{"upstreams": [{"name": "okta"}]}', { providers: ['okta'] }],
    ['upstreams: [{type: oidc}]', { providers: [''] }],
    ['upstreams: [{name: 42}]', { providers: ['42'] }],
    ['upstreams: []', { providers: [] }],
    ['upstreams:', { providers: [] }],
    ['issuer: https://as.example', { providers: [] }],
    ['a: &a {name: okta}\nupstreams: [*a]', { providers: ['okta'] }],
    ['a: &a [{name: okta}]\nupstreams: *a', { providers: ['okta'] }],
    ['a: &a {name: okta}\nupstreams: [{<<: *a}]', { providers: ['okta'] }],
    ['a: &a {upstreams: [{name: okta}]}\n<<: *a', { providers: ['okta'] }],
    ['upstreams: [{name: {a: b}}]', MALFORMED],
    ['upstreams: {name: okta}', MALFORMED],
    ['', { unreadable: 'it is empty' }],
    ['- upstreams', { unreadable: 'it is not a mapping' }],
    ['a: 1\na: 2', { unreadable: 'a mapping has the key "a" twice, at line 2, column 1' }],
  ])('of %j are %j', async (text, server) => {
    expect(await readAuthServer(text, never)).toEqual(server);
  });
});

describe('the auth server of a ConfigMap', () => {
  const metadata = {} as ConfigMap['metadata'];
  const read = async (text: string): Promise<AuthServer> => ({ providers: [text] });
  it.each<[what: string, configMap: Omit<ConfigMap, 'metadata'>, key: string | undefined, server: unknown]>([
    ['is the text of its key', { data: { a: 'okta' }, binaryKeys: [] }, 'a', { providers: ['okta'] }],
    [
      'is unknown when its text is long',
      { data: { a: 'x'.repeat(65_537) }, binaryKeys: [] },
      'a',
      { unreadable: 'it has 65537 characters, at most 65536 are read' },
    ],
    ['is absent without the key', { data: {}, binaryKeys: [] }, 'a', undefined],
    ['is absent when nothing mounts it', { data: { a: 'okta' }, binaryKeys: [] }, undefined, undefined],
    ['is unknown in binaryData', { data: {}, binaryKeys: ['a'] }, 'a', { unreadable: 'it is in binaryData' }],
    ['is no member that every object has', { data: {}, binaryKeys: [] }, 'constructor', undefined],
  ])('%s', async (_, configMap, key, server) => {
    expect(await findAuthServer({ metadata, ...configMap }, key, read)).toEqual(server);
  });
});

describe('an auth server with thousands of providers', () => {
  const server = { providers: Array.from({ length: 3_000 }, (_, index) => `p${index}`) };
  it.each([
    [
      { type: 'upstream_inject', upstreamInject: { providerName: 'p' } },
      'has "p0", "p1", "p2", "p3", "p4" and 2995 more',
    ],
    [{ type: 'xaa', xaa: {} }, '("p0", "p1", "p2", "p3", "p4" and 2995 more)'],
  ])('has a few of them named: %j', (strategy, named) => {
    expect(providerRefusal('it', strategy, server)?.message).toContain(named);
  });
});
