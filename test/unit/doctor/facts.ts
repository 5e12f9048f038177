import { X509Certificate } from 'node:crypto';
import type { V1Deployment } from '@kubernetes/client-node';
import type { SentAnswer } from '../../../src/apiClient/send.ts';
import { readShippedManifests } from '../../../src/cli/doctor/shippedManifests.ts';
import { absent, found, type Read } from '../../../src/doctor/api.ts';
import { examine, type Finding, type Phase } from '../../../src/doctor/checks.ts';
import type { Facts, Right } from '../../../src/doctor/facts.ts';
import { PLURALS } from '../../../src/toolhive/kinds.ts';
import { VERSION } from '../../../src/version.ts';
import { makeAuthority, makeLeaf } from '../../../src/x509/generate.ts';

export const NOW = new Date('2026-11-28T00:00:00Z');
export const NAMESPACE = 'vmcp-admission';
const HOST = 'vmcp-admission.vmcp-admission.svc';
export const shipped = await readShippedManifests();
export const authority = await makeAuthority({ commonName: 'the CA', now: NOW, days: 400 });

export interface LeafOptions {
  readonly names?: readonly string[];
  readonly now?: Date;
  readonly days?: number;
  readonly ca?: typeof authority;
}

export async function leaf({ names = [HOST], now = NOW, days = 90, ca = authority }: LeafOptions = {}) {
  const { cert } = await makeLeaf(ca, { commonName: 'leaf', names, usage: 'server', now, days });
  return new X509Certificate(cert);
}

const healthyLeaf = await leaf();

/** The answer of the API server to a dry run or a proxied call. */
export function answer(status: number, message = '', warnings: readonly string[] = []): SentAnswer {
  return { status, body: { kind: 'Status', message }, warnings };
}

export function probe(status: number, message?: string, warnings?: readonly string[]): Facts['entryProbe'] {
  return found({ namespace: 'default', answer: answer(status, message, warnings) });
}

/** The message of a webhook call that failed. */
export function callFailed(webhook: string, reason: string): Facts['entryProbe'] {
  const message = `Internal error occurred: failed calling webhook "${webhook}.vmcp-admission.dev": failed to call webhook: Post "https://${HOST}:443/validate?timeout=5s": ${reason}`;
  return probe(500, message);
}

/** The shipped webhooks as an installation has them, after a change of each. */
export function webhooks<T extends { readonly name: string; readonly clientConfig: object }>(
  list: readonly T[],
  change: (webhook: T) => object = () => ({}),
  ca: string = authority.cert,
): T[] {
  const placed = JSON.parse(
    JSON.stringify(list).replaceAll('$(VMCP_ADMISSION_CALLED_NAMESPACE)', NAMESPACE),
  ) as T[];
  const caBundle = Buffer.from(ca).toString('base64');
  return placed.map((webhook) => ({
    ...webhook,
    clientConfig: { ...webhook.clientConfig, caBundle },
    ...change(webhook),
  }));
}

const labels = { 'app.kubernetes.io/name': 'vmcp-admission' };

export function pod(name: string, nodeName: string, ready = true, status: object = {}) {
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  return {
    metadata: { name, labels },
    spec: { nodeName, containers: [] },
    status: { conditions, ...status },
  };
}

export function image(name: string): V1Deployment {
  const template = { spec: { containers: [{ name: 'c', image: name }] } };
  return { spec: { selector: {}, template }, status: { availableReplicas: 1 } };
}

export function right(verb: string, resource: string, allowed: boolean): Right {
  return { verb, group: 'toolhive.stacklok.dev', resource, namespace: undefined, allowed };
}

export function slice(addresses: readonly string[], port: number, ready = true) {
  return {
    addressType: 'IPv4',
    ports: [{ port }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready } })),
  };
}

/** The NetworkPolicy of deploy/base. */
export const networkPolicy = {
  spec: {
    podSelector: { matchLabels: labels },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ ports: [{ port: 8443, protocol: 'TCP' }] }, { ports: [{ port: 8081, protocol: 'TCP' }] }],
    egress: [
      {
        ports: [
          { port: 443, protocol: 'TCP' },
          { port: 6443, protocol: 'TCP' },
        ],
      },
    ],
  },
};

const deployment: V1Deployment = {
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        ...shipped.pod,
        containers: shipped.pod.containers.map((one) => ({ ...one, image: `vmcp-admission:${VERSION}` })),
      },
    },
  },
  status: { availableReplicas: 2 },
};

function configuration<T>(list: readonly T[]): Read<{ webhooks: T[] }> {
  return found({ webhooks: [...list] });
}

/** An installation with which nothing is wrong. */
export const HEALTHY: Facts = {
  target: { name: 'vmcp-admission', namespace: NAMESPACE, probeNamespace: undefined, dial: true },
  shipped,
  version: VERSION,
  now: NOW,
  cluster: {
    version: found({ gitVersion: 'v1.34.3' }),
    toolhive: found([{ version: 'v1beta1', resources: Object.values(PLURALS) }]),
    certManager: found({}),
    caInjectors: found([image('quay.io/jetstack/cert-manager-cainjector:v1.20.0')]),
    operators: found([image('ghcr.io/stacklok/toolhive/operator:v0.47.0')]),
    vmcps: found([image('ghcr.io/stacklok/toolhive/vmcp:v0.47.1')]),
    nodes: found([{ metadata: { labels: { 'kubernetes.io/os': 'linux' } } }]),
    apiServers: found([slice(['10.0.0.1'], 6443)]),
  },
  installation: {
    namespace: found({}),
    validating: configuration(webhooks(shipped.validating)),
    mutating: configuration(webhooks(shipped.mutating)),
    service: found({ spec: { selector: labels, ports: [{ port: 443 }], clusterIP: '10.96.0.9' } }),
    endpoints: found([slice(['10.1.0.1', '10.1.0.2'], 8443)]),
    deployment: found(deployment),
    pods: found([pod('one', 'node1'), pod('two', 'node2')]),
    networkPolicies: found([networkPolicy]),
    secretName: 'vmcp-admission-tls',
    pair: found({ chain: [healthyLeaf], hasKey: true, keyMatches: true }),
  },
  notReady: {},
  reached: found(answer(405, 'use POST')),
  served: found([healthyLeaf]),
  accountRights: found([right('list', 'mcpserverentries', true)]),
  callerRights: found([right('create', 'services', true)]),
  entryProbe: probe(
    422,
    'admission webhook "validate.vmcp-admission.dev" denied the request: spec.remoteUrl: …',
  ),
  podProbe: probe(422, 'admission webhook "inject-self-managed.vmcp-admission.dev" denied the request: …'),
  installProbe: probe(201),
};

/** What is not fine when the facts differ from a healthy installation by so much; `[id, status, message]`, with the cause behind the id. */
export function complaints(
  change: Partial<Omit<Facts, 'installation' | 'cluster'>> & {
    readonly installation?: Partial<Facts['installation']>;
    readonly cluster?: Partial<Facts['cluster']>;
  },
  phase: Phase = 'installed',
): string[] {
  const facts = {
    ...HEALTHY,
    ...change,
    installation: { ...HEALTHY.installation, ...change.installation },
    cluster: { ...HEALTHY.cluster, ...change.cluster },
  };
  const text = ({ id, cause, status, message }: Finding) =>
    `${status} ${cause === undefined ? id : `${id}/${cause}`}: ${message}`;
  return examine(facts, phase)
    .filter(({ status }) => status !== 'ok')
    .map(text);
}

export { absent, deployment, found };
