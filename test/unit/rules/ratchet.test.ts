import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { entry, review, TEAM } from './support.ts';

type Spec = Readonly<Record<string, unknown>>;

const METADATA_URL = 'http://169.254.169.254/latest';

function virtualServer(spec: Spec): KubernetesObject {
  return {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'VirtualMCPServer',
    metadata: { name: 'team-vmcp', namespace: 'default' },
    spec: { groupRef: { name: 'team' }, ...spec },
  };
}

const backends = (...list: readonly [name: string, url: string][]) =>
  virtualServer({ config: { backends: list.map(([name, url]) => ({ name, url })) } });
const secretHeaders = (...list: readonly [headerName: string, secret: string][]) =>
  entry({
    headerForward: {
      addHeadersFromSecret: list.map(([headerName, name]) => ({
        headerName,
        valueSecretRef: { name, key: 'k' },
      })),
    },
  });
const plainHeaders = (headers: Readonly<Record<string, string>>) =>
  entry({ headerForward: { addPlaintextHeaders: headers } });
const overrides = (...names: readonly string[]) =>
  virtualServer({
    outgoingAuth: {
      source: 'inline',
      backends: Object.fromEntries(names.map((name) => [name, { type: 'discovered' }])),
    },
  });
/** A composite tool whose steps call a tool; the operator cannot decode the steps that are called wrong. */
const definition = (...steps: readonly [id: string, wrong?: 'wrong'][]): KubernetesObject => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'VirtualMCPCompositeToolDefinition',
  metadata: { name: 'report', namespace: 'default' },
  spec: {
    name: 'report',
    description: 'makes a report',
    steps: steps.map(([id, wrong]) => ({ id, tool: 'billing.find', ...(wrong && { defaultResults: [] }) })),
  },
});
/** An auth config whose role mappings have priorities. */
const roles = (...priorities: readonly number[]): KubernetesObject => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPExternalAuthConfig',
  metadata: { name: 'aws', namespace: 'default' },
  spec: {
    type: 'awsSts',
    awsSts: {
      region: 'eu-west-1',
      roleMappings: priorities.map((priority) => ({
        claim: 'c',
        roleArn: 'arn:aws:iam::1:role/a',
        priority,
      })),
    },
  },
});
const bytes = (count: number) => plainHeaders({ 'X-A': 'a'.repeat(count) });

type Row = readonly [what: string, before: KubernetesObject, after: KubernetesObject];

describe('an update is denied when it adds', () => {
  it.each<Row>([
    [
      'a second backend with the same metadata URL',
      backends(['a', METADATA_URL]),
      backends(['a', METADATA_URL], ['b', METADATA_URL]),
    ],
    [
      'a second backend of the same name with the same metadata URL',
      backends(['a', METADATA_URL]),
      backends(['a', METADATA_URL], ['a', METADATA_URL]),
    ],
    [
      'a backend whose name is a number, beside one whose name is another',
      backends(['1', METADATA_URL]),
      backends(['1', METADATA_URL], ['2', METADATA_URL]),
    ],
    [
      'a metadata URL to another backend, taking it from the first',
      backends(['a', METADATA_URL], ['b', 'http://b.example/']),
      backends(['a', 'http://a.example/'], ['b', METADATA_URL]),
    ],
    [
      'a second header with an empty Secret name',
      secretHeaders(['X-A', '']),
      secretHeaders(['X-A', ''], ['X-B', '']),
    ],
    [
      'a third case of a header',
      secretHeaders(['X-A', 's'], ['x-a', 's']),
      secretHeaders(['X-A', 's'], ['x-a', 's'], ['X-a', 's']),
    ],
    ['an override of type discovered', overrides('1'), overrides('1', '2')],
    [
      'a field that cannot be decoded to another step, taking it from the first',
      definition(['a', 'wrong'], ['b']),
      definition(['a'], ['b', 'wrong']),
    ],
    [
      'a number that cannot be decoded to an item without a name, taking it from the first',
      roles(10_000_000_000, 1),
      roles(1, 10_000_000_000),
    ],
    ['bytes to headers that are too large', bytes(140_000), bytes(140_001)],
  ])('%s', async (_what, oldObject, object) => {
    expect(await review({ object: oldObject, cluster: TEAM })).toMatchObject({ kind: 'denied' });
    expect(await review({ object, oldObject, cluster: TEAM })).toMatchObject({
      kind: 'denied',
    });
  });
});

describe('an update is allowed, with the pre-existing violations as warnings, when it', () => {
  it.each<Row>([
    [
      'removes a backend in front of a bad one',
      backends(['a', 'http://a.example/'], ['b', METADATA_URL]),
      backends(['b', METADATA_URL]),
    ],
    [
      'reorders backends',
      backends(['a', METADATA_URL], ['b', 'http://b.example/'], ['c', METADATA_URL]),
      backends(['c', METADATA_URL], ['b', 'http://b.example/'], ['a', METADATA_URL]),
    ],
    [
      'removes one of two backends of one name',
      backends(['a', METADATA_URL], ['a', METADATA_URL]),
      backends(['a', METADATA_URL]),
    ],
    [
      'reorders headers of one name',
      secretHeaders(['X-A', 's'], ['x-a', 's'], ['Y', 't']),
      secretHeaders(['Y', 't'], ['x-a', 's'], ['X-A', 's']),
    ],
    [
      'removes one of three cases of a header',
      secretHeaders(['X-A', 's'], ['x-a', 's'], ['X-a', 's']),
      secretHeaders(['x-a', 's'], ['X-a', 's']),
    ],
    [
      'removes a step in front of one that cannot be decoded',
      definition(['a'], ['b', 'wrong']),
      definition(['b', 'wrong']),
    ],
    ['reorders overrides', overrides('a', '1'), overrides('1', 'a')],
    ['shortens headers that are still too large', bytes(150_000), bytes(140_000)],
    [
      'removes the secret headers of an entry whose headers are still too large',
      entry({
        headerForward: {
          addPlaintextHeaders: { 'X-A': 'a'.repeat(140_000) },
          addHeadersFromSecret: [{ headerName: 'X-B', valueSecretRef: { name: 's', key: 'k' } }],
        },
      }),
      bytes(140_000),
    ],
    [
      'spells the field of a bad URL as today',
      entry({ remoteUrl: undefined, remoteURL: 'http://localhost/' }),
      entry({ remoteUrl: 'http://localhost/' }),
    ],
  ])('%s', async (_what, oldObject, object) => {
    expect(await review({ object, cluster: TEAM })).toMatchObject({ kind: 'denied' });
    const outcome = await review({ object, oldObject, cluster: TEAM });
    expect(outcome).toMatchObject({ kind: 'allowed' });
    expect(outcome.warnings.join('\n')).toContain(
      'pre-existing violation, allowed because this update does not touch it: ',
    );
  });
});
