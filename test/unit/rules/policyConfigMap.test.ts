import { expect, it } from 'vitest';
import { decided, review, TEAM, yaml } from './support.ts';

const [VMCP] = yaml(`
apiVersion: toolhive.stacklok.dev/v1beta1
kind: VirtualMCPServer
metadata: {name: v, namespace: default}
spec:
  groupRef: {name: team}
  incomingAuth:
    type: oidc
    oidcConfigRef: {name: idp, audience: a}
    authzConfig: {type: configMap, configMap: {name: p}}
`);
const IDP = yaml(`
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPOIDCConfig
metadata: {name: idp, namespace: default}
spec: {type: inline, inline: {issuer: 'https://idp.example'}}
`);

/** What a review of the vMCP warns about, beside a ConfigMap with these data. */
async function warningsWith(data: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'p', namespace: 'default' },
    data,
  };
  return decided(await review({ object: VMCP, cluster: [...TEAM, ...IDP, configMap] })).warnings;
}

/** A file of policies, with some of its fields in another form. */
const file = (fields: object) =>
  JSON.stringify({
    version: '1.0',
    type: 'cedarv1',
    cedar: { policies: ['permit(principal, action, resource);'], entities_json: '[]' },
    ...fields,
  });

it.each([
  ['', 'is empty'],
  [' \n', 'is empty'],
  [file({ version: undefined }), 'has no version'],
  [file({ type: 'httpv1' }), 'is not of type cedarv1'],
  ['null', 'has no version'],
  ['[]', 'has no version'],
  [file({ cedar: undefined }), 'has no policies below cedar'],
  [file({ cedar: { policies: [] } }), 'has no policies below cedar'],
  [file({ cedar: { policies: ['permit'] } }), 'has a fault: cedar.policies[0] is not a valid Cedar policy'],
  [
    file({ cedar: { policies: ['permit(principal, action, resource);'], entities_json: '{}' } }),
    'has a fault: cedar.entities_json must be a JSON list of entities',
  ],
])('a file of policies %j %s', async (text, fault) => {
  const [warning, ...more] = await warningsWith({ 'authz.json': text });
  expect(more).toEqual([]);
  expect(warning).toContain(`configMap.name: key "authz.json" of ConfigMap "p" ${fault}`);
});

it('a ConfigMap without the key is told', async () => {
  expect((await warningsWith({ other: '' })).join()).toContain('ConfigMap "p" has no key "authz.json"; ');
});

it.each([
  ['policies that can be read', { 'authz.json': file({}) }],
  ['YAML, which is not looked into', { 'authz.json': 'version: 1' }],
  ['a ConfigMap that cannot be read', { 'authz.json': 5 }],
])('nothing is told of %s', async (_what, data) => {
  expect(await warningsWith(data)).toEqual([]);
});
