import { describe, expect, it } from 'vitest';
import {
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

const BY_REF = { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'auth' } };

function authConfig(spec: Record<string, unknown>, more: Record<string, unknown> = {}): Raw {
  return toolhive('MCPExternalAuthConfig', 'auth', spec, more);
}

/** What is served of a group, injected twice to the same answer. */
async function serve(objects: readonly Raw[], outgoingAuth: Record<string, unknown> = {}) {
  const deps = depsOf(documents([GROUP, virtualServer(outgoingAuth), baseConfigMap(), ...objects]));
  const { report, pod } = await injectPod(operatorMadePod(), 'apps', deps, context());
  const again = await injectPod(JSON.parse(JSON.stringify(pod)), 'apps', deps, context());
  expect(again.patch).toEqual([]);
  const leftOut = report?.leftOut.map(({ name, reason }) => [name, reason]);
  return { served: report?.backends, leftOut, report };
}

describe('an auth config that its controller marked invalid', () => {
  const invalid = authConfig(
    {
      type: 'headerInjection',
      headerInjection: { headerName: 'X-Key', valueSecretRef: { name: 's', key: 'k' } },
    },
    { status: { conditions: [{ type: 'Valid', status: 'False', reason: 'InvalidConfig' }] } },
  );
  const own = entry('own', { externalAuthConfigRef: { name: 'auth' } });

  it('leaves out the backend that refers to it', async () => {
    expect(await serve([invalid, own])).toMatchObject({
      served: [],
      leftOut: [['own', 'auth-config-invalid']],
    });
  });

  it('is converted where the VirtualMCPServer names it for a backend', async () => {
    const answer = await serve([invalid, own, entry('z')], { backends: { own: BY_REF, z: BY_REF } });
    expect(answer).toMatchObject({ served: ['own', 'z'], leftOut: [] });
  });

  it('is converted as the default', async () => {
    const answer = await serve([invalid, entry('z')], { default: BY_REF });
    expect(answer).toMatchObject({ served: ['z'], leftOut: [], report: { notes: [] } });
  });

  it('counts again when the VirtualMCPServer chooses discovered', async () => {
    const answer = await serve([invalid, own], { backends: { own: { type: 'discovered' } } });
    expect(answer).toMatchObject({ served: [], leftOut: [['own', 'auth-config-invalid']] });
  });
});

describe('an auth config whose token endpoint validation would deny', () => {
  const METADATA = 'http://169.254.169.254/';
  const clientSecretRef = { name: 's', key: 'k' };
  const exchange = (tokenUrl: string, more: Record<string, unknown> = {}) =>
    authConfig({
      type: 'tokenExchange',
      tokenExchange: { tokenUrl, clientId: 'c', clientSecretRef },
      ...more,
    });
  const own = entry('own', { externalAuthConfigRef: { name: 'auth' } });

  it('leaves out the backend that refers to it, with the words of the rule', async () => {
    const { report, served, leftOut } = await serve([exchange(METADATA), own, entry('other')]);
    expect({ served, leftOut }).toEqual({ served: ['other'], leftOut: [['own', 'auth-config-denied']] });
    expect(report?.leftOut[0]?.message).toMatch(
      /^MCPExternalAuthConfig "auth" would be denied: spec\.tokenExchange\.tokenUrl: Invalid value/,
    );
  });

  it('leaves out the backend for which the VirtualMCPServer names it', async () => {
    const answer = await serve([exchange(METADATA), entry('z')], { backends: { z: BY_REF } });
    expect(answer).toMatchObject({ served: [], leftOut: [['z', 'auth-config-denied']] });
  });

  it('is no default that injection puts in', async () => {
    const { report } = await serve([exchange(METADATA), entry('z')], { default: BY_REF });
    expect(report?.notes).toMatchObject([{ reason: 'default-auth-failed' }]);
  });

  it.each(['https://idp.example/token', 'https://10.0.0.1/token', 'http://idp.apps.svc/token'])(
    'is served with %s, which is at most a warning',
    async (url) => expect(await serve([exchange(url), own])).toMatchObject({ served: ['own'], leftOut: [] }),
  );

  it('is judged by both endpoints of xaa', async () => {
    const xaa = { idpTokenUrl: 'https://idp.example/t', targetTokenUrl: METADATA, targetAudience: 'a' };
    const answer = await serve([authConfig({ type: 'xaa', xaa }), own]);
    expect(answer).toMatchObject({ served: [], leftOut: [['own', 'auth-config-denied']] });
  });

  it('is not judged by the block of another type, which nothing uses', async () => {
    const xaa = { idpTokenUrl: METADATA, targetTokenUrl: METADATA, targetAudience: 'a' };
    const answer = await serve([exchange('https://idp.example/token', { xaa }), own]);
    expect(answer).toMatchObject({ served: ['own'], leftOut: [] });
  });
});

// The CRDs refuse these, but the webhook may meet them: in manifests, or behind another version of the CRDs.
describe('an auth config that only an older or a missing schema lets through', () => {
  const own = entry('own', { externalAuthConfigRef: { name: 'auth' } });

  it('is incomplete without the block of its type', async () => {
    const answer = await serve([authConfig({ type: 'tokenExchange' }), own]);
    expect(answer).toMatchObject({ served: [], leftOut: [['own', 'auth-config-incomplete']] });
  });

  it('may name the provider "default" when the auth server has one without a name', async () => {
    const inject = authConfig({ type: 'upstreamInject', upstreamInject: { providerName: 'default' } });
    const server = virtualServer({}, { authServerConfig: { upstreamProviders: [{ name: 'okta' }, {}] } });
    const deps = depsOf(documents([GROUP, server, baseConfigMap(), inject, own]));
    const { report } = await injectPod(operatorMadePod(), 'apps', deps, context());
    expect(report).toMatchObject({ backends: ['own'], leftOut: [] });
  });
});

it.each(['constructor', 'one'])('a backend called %s has no auth that nobody chose for it', async (name) => {
  const deps = depsOf(documents([GROUP, baseConfigMap(), entry(name)]));
  const { report } = await injectPod(selfManagedPod(), 'apps', deps, context());
  expect(report).toMatchObject({ backends: [name], leftOut: [] });
});
