import { describe, expect, it } from 'vitest';
import { loaderProblems } from '../../../../src/injection/config/validator.ts';
import { BASE } from '../support/cluster.ts';

const none = () => false;

function paths(change: Record<string, unknown>, has: (name: string) => boolean = none): string[] {
  return loaderProblems({ ...BASE, ...change }, has).map(({ path }) => path);
}

function auth(strategy: unknown): Record<string, unknown> {
  return { outgoingAuth: { source: 'inline', backends: { a: strategy } } };
}

describe('the statement of what the vMCP accepts', () => {
  it('accepts what the operator writes', () => {
    expect(paths({ backends: [{ name: 'a', url: 'u', transport: 'sse', metadata: { x: 'y' } }] })).toEqual(
      [],
    );
    expect(paths({ backends: null })).toEqual([]);
    expect(paths({ passthroughHeaders: ['X-Request-Id', 'x-tenant'] })).toEqual([]);
  });

  it('takes scalars for strings', () => {
    expect(paths({ backends: [{ name: true, url: 1, transport: null }] })).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown top-level field', { backend: [] }, 'backend'],
    ['an empty name', { name: '' }, 'name'],
    ['no group', { groupRef: null }, 'groupRef'],
    ['an unknown incoming type', { incomingAuth: { type: 'none' } }, 'incomingAuth.type'],
    ['no aggregation', { aggregation: undefined }, 'aggregation.conflictResolutionConfig'],
    ['no outgoingAuth', { outgoingAuth: null }, 'outgoingAuth'],
    ['an empty source', { outgoingAuth: { source: '' } }, 'outgoingAuth.source'],
    ['an unknown backend field', { backends: [{ name: 'a', uri: 'u' }] }, 'backends[0].uri'],
    ['an unknown backend type', { backends: [{ type: 'odd' }] }, 'backends[0].type'],
    ['a CA path without the type', { backends: [{ caBundlePath: '/a' }] }, 'backends[0].caBundlePath'],
    [
      'a CA path with dots',
      { backends: [{ type: 'entry', caBundlePath: '/a..b' }] },
      'backends[0].caBundlePath',
    ],
    ['a relative CA path', { backends: [{ type: 'entry', caBundlePath: 'a' }] }, 'backends[0].caBundlePath'],
    ['metadata that is no mapping', { backends: [{ metadata: [] }] }, 'backends[0].metadata'],
    ['Cookie passed through', { passthroughHeaders: ['X-A', 'cookie'] }, 'passthroughHeaders[1]'],
    ['Authorization passed through', { passthroughHeaders: ['Authorization'] }, 'passthroughHeaders[0]'],
    ['a restricted header passed through', { passthroughHeaders: ['x-real-ip'] }, 'passthroughHeaders[0]'],
    ['an empty header passed through', { passthroughHeaders: [null] }, 'passthroughHeaders[0]'],
    ['a header that is no token', { passthroughHeaders: ['a b'] }, 'passthroughHeaders[0]'],
    ['headers that are no list', { passthroughHeaders: 'X-A' }, 'passthroughHeaders'],
    ['a null strategy', auth(null), 'outgoingAuth.backends[a]'],
    ['the type discovered', auth({ type: 'discovered' }), 'outgoingAuth.backends[a].type'],
    ['a type named like a prototype member', auth({ type: 'constructor' }), 'outgoingAuth.backends[a].type'],
    ['a missing block', auth({ type: 'token_exchange' }), 'outgoingAuth.backends[a].tokenExchange'],
    [
      'an unknown block field',
      auth({ type: 'upstream_inject', upstreamInject: { providerName: 'x', y: 1 } }),
      'outgoingAuth.backends[a].upstreamInject.y',
    ],
    [
      'a header without a value',
      auth({ type: 'header_injection', headerInjection: { headerName: 'X' } }),
      'outgoingAuth.backends[a].headerInjection.headerValue',
    ],
    [
      'a variable that is not set',
      auth({ type: 'token_exchange', tokenExchange: { tokenUrl: 'u', clientSecretEnv: 'E' } }),
      'outgoingAuth.backends[a].tokenExchange.clientSecretEnv',
    ],
    [
      'a region that is missing',
      auth({ type: 'aws_sts', awsSts: {} }),
      'outgoingAuth.backends[a].awsSts.region',
    ],
    [
      'another subject type',
      auth({
        type: 'xaa',
        xaa: { idpTokenUrl: 'u', targetTokenUrl: 'u', targetAudience: 'a', subjectTokenType: 'jwt' },
      }),
      'outgoingAuth.backends[a].xaa.subjectTokenType',
    ],
    [
      'both secrets of obo',
      auth({ type: 'obo', obo: { tokenUrl: 'u', clientSecret: 's', clientSecretEnv: 'SET' } }),
      'outgoingAuth.backends[a].obo.clientSecret',
    ],
  ])('refuses %s', (_, change, path) => {
    expect(paths(change, (name) => name === 'SET')).toEqual([path]);
  });

  it('accepts one secret of obo beside an empty one, and upstream_inject of the unnamed provider', () => {
    const obo = { tokenUrl: 'u', clientSecret: 's', clientSecretEnv: '' };
    expect(paths(auth({ type: 'obo', obo }))).toEqual([]);
    expect(paths(auth({ type: 'upstream_inject', upstreamInject: { providerName: '' } }))).toEqual([]);
  });

  it('does not ask at load for the variables of xaa, which the vMCP reads per request', () => {
    const xaa = { idpTokenUrl: 'u', targetTokenUrl: 'u', targetAudience: 'a', idpClientSecretEnv: 'E' };
    expect(paths(auth({ type: 'xaa', xaa }))).toEqual([]);
  });

  it.each([[null], ['text'], [[]], [42], [undefined]])('refuses %j as a whole', (config) => {
    expect(loaderProblems(config, none)).toHaveLength(1);
  });
});
