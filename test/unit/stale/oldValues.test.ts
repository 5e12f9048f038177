import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Lookup, MetadataReads } from '../../../src/catalog/catalog.ts';
import type { KubernetesObject } from '../../../src/kubernetes/object.ts';
import { compareValues, eachOnce } from '../../../src/stale/oldValues.ts';

const { signal } = new AbortController();

/** A Pod whose vMCP reads something of everything; its container runs since 05:30. */
const POD = `
apiVersion: v1
kind: Pod
metadata: {name: team-1, namespace: apps}
spec:
  containers:
    - name: sidecar
      env: [{name: A, valueFrom: {secretKeyRef: {name: of-sidecar, key: k}}}]
    - name: vmcp
      env:
        - {name: PLAIN, value: x}
        - {name: TOOLHIVE_SECRET_HEADER_FORWARD_X_KEY_ONE, valueFrom: {secretKeyRef: {name: header, key: token, optional: true}}}
        - {name: TOOLHIVE_HEADER_INJECTION_VALUE_ONE, valueFrom: {secretKeyRef: {name: member-auth, key: k}}}
        - {name: FROM_MAP, valueFrom: {configMapKeyRef: {name: settings, key: k}}}
        - {name: FIELD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
      envFrom: [{secretRef: {name: all}}]
      volumeMounts:
        - {name: ca-bundle-one, mountPath: /etc/toolhive/ca-bundles/one}
        - {name: kube-api-access-x, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
        - {name: oidc-ca, mountPath: /config/certs/oidc}
        - {name: keys, mountPath: /etc/toolhive/authserver/keys/key-0.pem, subPath: key-0.pem}
        - {name: vmcp-admission-config, mountPath: /etc/vmcp-config}
  volumes:
    - {name: ca-bundle-one, configMap: {name: corp-ca, optional: true, items: [{key: ca.crt, path: ca.crt}]}}
    - {name: oidc-ca, configMap: {name: oidc-ca}}
    - {name: keys, secret: {secretName: signing, items: [{key: private, path: key-0.pem}]}}
    - name: vmcp-admission-config
      projected:
        sources:
          - downwardAPI: {items: [{path: config.yaml, fieldRef: {fieldPath: "metadata.annotations['vmcp-admission.dev/config.yaml']"}}]}
          - configMap: {name: base, optional: true, items: [{key: authserver-config.yaml, path: authserver-config.yaml}]}
    - name: kube-api-access-x
      projected:
        sources:
          - serviceAccountToken: {path: token}
          - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
    - {name: not-mounted, secret: {secretName: not-mounted}}
status:
  containerStatuses:
    - {name: sidecar, state: {running: {startedAt: "2026-11-28T05:59:00Z"}}}
    - {name: vmcp, state: {running: {startedAt: "2026-11-28T05:30:00Z"}}}
`;

const READ = [
  ...['ConfigMap base', 'ConfigMap corp-ca', 'ConfigMap oidc-ca', 'ConfigMap settings'],
  ...['Secret all', 'Secret header', 'Secret member-auth', 'Secret signing'],
];
const OF_API = ['ConfigMap corp-ca', 'Secret member-auth'];

/** Metadata that says that each of the keys was written at a time of the day. */
function written(times: Readonly<Record<string, string>>): unknown {
  const managedFields = Object.entries(times).map(([key, at]) => ({
    manager: `writer-of-${key}`,
    time: `2026-11-28T${at}Z`,
    fieldsV1: { 'f:data': { [`f:${key}`]: {} } },
  }));
  return { metadata: { managedFields } };
}

interface World {
  /** Objects by kind and name; those that are not named do not exist. */
  readonly objects?: Readonly<Record<string, unknown>>;
  readonly change?: (pod: string) => string;
  readonly dynamic?: boolean;
  readonly secrets?: boolean;
  readonly failing?: string;
}

async function compared({
  objects = {},
  change = (pod) => pod,
  dynamic = false,
  secrets = true,
  failing,
}: World) {
  const asked: string[] = [];
  const reader =
    (kind: string) =>
    async (namespace: string, name: string): Promise<Lookup<unknown>> => {
      const id = `${kind} ${name}`;
      asked.push(namespace === 'apps' ? id : `${id} in ${namespace}`);
      if (id === failing) return { state: 'unavailable', reason: 'it is asleep' };
      return id in objects ? { state: 'found', value: objects[id] } : { state: 'missing' };
    };
  const reads: MetadataReads = eachOnce({
    configMap: reader('ConfigMap'),
    ...(secrets && { secret: reader('Secret') }),
  });
  const pod = parse(change(POD)) as KubernetesObject;
  const found = await compareValues(pod, dynamic, reads, signal);
  return { ...found, asked };
}

describe('the values that a vMCP reads when it starts', () => {
  it('are those of its variables and mounted files, each object asked for once', async () => {
    expect((await compared({})).asked.sort()).toEqual(READ);
  });

  it('are in dynamic mode without those that it reads from the API', async () => {
    const { asked } = await compared({ dynamic: true });
    expect(asked.sort()).toEqual(READ.filter((id) => !OF_API.includes(id)));
  });

  const old = (id: string, keys: readonly string[], at: string) => {
    const [kind, name] = id.split(' ');
    return { old: [{ kind, name, keys, writtenAt: `2026-11-28T${at}Z` }], unknown: [] };
  };
  const unknown = (id: string, why: string, more: object = {}) => {
    const [kind, name] = id.split(' ');
    return { old: [], unknown: [{ kind, name, why, ...more }] };
  };
  const NONE = { old: [], unknown: [] };
  const rows: readonly (readonly [string, World, object])[] = [
    [
      'a new value of a header',
      { objects: { 'Secret header': written({ token: '05:30:01' }) } },
      old('Secret header', ['token'], '05:30:01'),
    ],
    [
      'a repaired CA bundle',
      { objects: { 'ConfigMap corp-ca': written({ 'ca.crt': '06:00:00' }) } },
      old('ConfigMap corp-ca', ['ca.crt'], '06:00:00'),
    ],
    [
      'any key of an envFrom',
      { objects: { 'Secret all': written({ a: '05:00:00', b: '05:31:00' }) } },
      old('Secret all', [], '05:31:00'),
    ],
    [
      'any key of a whole volume',
      { objects: { 'ConfigMap oidc-ca': written({ x: '05:31:00' }) } },
      old('ConfigMap oidc-ca', [], '05:31:00'),
    ],
    [
      'a file mounted by subPath',
      { objects: { 'Secret signing': written({ private: '05:31:00' }) } },
      old('Secret signing', ['private'], '05:31:00'),
    ],
    [
      'the config of the auth server beside the injected config',
      { objects: { 'ConfigMap base': written({ 'authserver-config.yaml': '05:31:00' }) } },
      old('ConfigMap base', ['authserver-config.yaml'], '05:31:00'),
    ],
    [
      'another key of the same Secret',
      { objects: { 'Secret header': written({ token: '05:00:00', other: '06:00:00' }) } },
      NONE,
    ],
    [
      'the base config, which the Pod keeps',
      { objects: { 'ConfigMap base': written({ 'config.yaml': '06:00:00' }) } },
      NONE,
    ],
    ['a value of before the start', { objects: { 'Secret header': written({ token: '05:00:00' }) } }, NONE],
    [
      'a value of the very second of the start',
      { objects: { 'Secret header': written({ token: '05:30:00' }) } },
      NONE,
    ],
    [
      'an object with empty managedFields',
      { objects: { 'Secret header': written({}) } },
      unknown('Secret header', 'no-times'),
    ],
    [
      'a container that was started again since',
      {
        objects: { 'Secret header': written({ token: '05:31:00' }) },
        change: (pod) => pod.replace('05:30:00', '05:32:00'),
      },
      NONE,
    ],
    [
      'a container that does not run',
      {
        objects: { 'Secret header': written({ token: '05:31:00' }) },
        change: (pod) =>
          pod.replace(
            '{running: {startedAt: "2026-11-28T05:30:00Z"}}',
            '{waiting: {reason: CrashLoopBackOff}}',
          ),
      },
      NONE,
    ],
    [
      'a Pod that no kubelet has taken',
      {
        objects: { 'Secret header': written({ token: '05:31:00' }) },
        change: (pod) => pod.slice(0, pod.indexOf('status:')),
      },
      NONE,
    ],
    [
      'an object whose metadata tells no times',
      { objects: { 'Secret header': { metadata: { creationTimestamp: '2026-11-28T05:00:00Z' } } } },
      unknown('Secret header', 'no-times'),
    ],
    [
      'one without times that was made anew since',
      { objects: { 'Secret header': { metadata: { creationTimestamp: '2026-11-28T05:45:00Z' } } } },
      old('Secret header', ['token'], '05:45:00'),
    ],
    [
      'one that cannot be read',
      { failing: 'ConfigMap corp-ca' },
      unknown('ConfigMap corp-ca', 'unavailable', { reason: 'it is asleep' }),
    ],
  ];

  it.each(rows)('%s', async (_, world, expected) => {
    const { asked: _asked, ...found } = await compared(world);
    expect(found).toEqual(expected);
  });

  it('of Secrets are not known without the right to read them', async () => {
    const { asked, unknown: unknowns } = await compared({ secrets: false });
    expect(asked.sort()).toEqual(READ.filter((id) => id.startsWith('ConfigMap')));
    expect(unknowns.map(({ kind, name, why }) => `${kind} ${name} ${why}`).sort()).toEqual(
      READ.filter((id) => id.startsWith('Secret')).map((id) => `${id} not-permitted`),
    );
  });
});
