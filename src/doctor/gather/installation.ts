import { createPrivateKey } from 'node:crypto';
import type {
  V1Deployment,
  V1EndpointSlice,
  V1MutatingWebhookConfiguration,
  V1Namespace,
  V1NetworkPolicy,
  V1Pod,
  V1Secret,
  V1Service,
  V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import type { Send } from '../../apiClient/send.ts';
import { certificatesOf } from '../../x509/parsed.ts';
import { found, known, type Read, readObject } from '../api.ts';
import type { InstallationFacts, ServingPair, Target } from '../facts.ts';
import { readList } from './cluster.ts';

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';
const DEFAULT_SECRET = 'vmcp-admission-tls';

function secretNameOf(deployment: V1Deployment | undefined): string {
  const volumes = deployment?.spec?.template.spec?.volumes ?? [];
  return volumes.find(({ name }) => name === 'tls')?.secret?.secretName ?? DEFAULT_SECRET;
}

function decoded(value: string | undefined): string {
  return Buffer.from(value ?? '', 'base64').toString('latin1');
}

/** The certificates of a Secret, and whether its key is that of the first. */
export function pairOf({ data = {} }: V1Secret): ServingPair {
  const chain = certificatesOf(decoded(data['tls.crt']));
  try {
    const key = createPrivateKey(decoded(data['tls.key']));
    return { chain, hasKey: true, keyMatches: chain[0]?.checkPrivateKey(key) ?? false };
  } catch {
    return { chain, hasKey: false, keyMatches: false };
  }
}

async function readPair(send: Send, namespace: string, name: string): Promise<Read<ServingPair>> {
  const secret = await readObject<V1Secret>(send, `/api/v1/namespaces/${namespace}/secrets/${name}`);
  return secret.state === 'found' ? found(pairOf(secret.value)) : secret;
}

function podLabelsText(deployment: V1Deployment | undefined): string {
  const labels = deployment?.spec?.selector.matchLabels ?? { 'app.kubernetes.io/name': 'vmcp-admission' };
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** Reads what the checks ask about the installation. */
export async function gatherInstallation(
  send: Send,
  { name, namespace }: Target,
): Promise<InstallationFacts> {
  const core = `/api/v1/namespaces/${namespace}`;
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const deployment = await readObject<V1Deployment>(
    send,
    `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
  );
  const secretName = secretNameOf(known(deployment));
  const [own, validating, mutating, service, endpoints, pods, networkPolicies, pair] = await Promise.all([
    readObject<V1Namespace>(send, core),
    readObject<V1ValidatingWebhookConfiguration>(
      send,
      `${REGISTRATION}/validatingwebhookconfigurations/${name}`,
    ),
    readObject<V1MutatingWebhookConfiguration>(send, `${REGISTRATION}/mutatingwebhookconfigurations/${name}`),
    readObject<V1Service>(send, `${core}/services/${name}`),
    readList<V1EndpointSlice>(send, slices, `kubernetes.io/service-name=${name}`),
    readList<V1Pod>(send, `${core}/pods`, podLabelsText(known(deployment))),
    readList<V1NetworkPolicy>(send, `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`),
    readPair(send, namespace, secretName),
  ]);
  return {
    ...{ namespace: own, validating, mutating, service, endpoints, deployment, pods, networkPolicies },
    ...{ secretName, pair },
  };
}
