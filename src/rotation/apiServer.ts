import { statusError } from '../apiClient/errors.ts';
import type { Send, SentAnswer } from '../apiClient/send.ts';
import { fieldsAt, isRecord, textAt } from '../kubernetes/record.ts';
import {
  authoritiesOf,
  type Making,
  type Material,
  storedOf,
  withNewAuthority,
  withNewLeaf,
  withoutOldAuthorities,
} from './material.ts';
import type { Change } from './nextStep.ts';
import { type Cluster, RotationError } from './rotate.ts';
import type { Configuration, ConfigurationKind, State, Stored } from './state.ts';

/** The objects of a rotation, and what is made for them. */
export interface RotationTarget extends Making {
  readonly namespace: string;
  /** Name of the Secret. */
  readonly secret: string;
  /** Name of both webhook configurations. */
  readonly configurations: string;
  readonly now: () => Date;
}

/** Marks the Secret that a rotation may write. The chart and the component `self-managed-certs` set it. */
const MARK = { name: 'vmcp-admission.dev/certificates', value: 'self-managed' } as const;
const FIELD_MANAGER = 'vmcp-admission-certs';
const KEYS = ['tls.crt', 'tls.key', 'ca.crt', 'ca.key'] as const;
const KINDS: Readonly<Record<ConfigurationKind, string>> = {
  validatingwebhookconfigurations: 'ValidatingWebhookConfiguration',
  mutatingwebhookconfigurations: 'MutatingWebhookConfiguration',
};
const REGISTRATION = 'admissionregistration.k8s.io/v1';

/** Annotations by which another program is told to write a caBundle or a Secret, and that program. */
const OTHER_WRITERS: readonly (readonly [annotation: string, writer: string])[] = [
  ['cert-manager.io/inject-ca-from', 'cert-manager'],
  ['cert-manager.io/inject-ca-from-secret', 'cert-manager'],
  ['cert-manager.io/certificate-name', 'cert-manager'],
  ['service.beta.openshift.io/inject-cabundle', 'the service CA of OpenShift'],
  ['service.beta.openshift.io/originating-service-name', 'the service CA of OpenShift'],
];

function refuseOtherWriters(what: string, object: unknown): void {
  const annotations = fieldsAt(object, 'metadata', 'annotations') ?? {};
  const found = OTHER_WRITERS.find(([annotation]) => Object.hasOwn(annotations, annotation));
  if (!found) return;
  const [annotation, writer] = found;
  throw new RotationError(
    `${what} belongs to ${writer} (annotation ${annotation}); remove that annotation, or do not run "certs rotate"`,
  );
}

/** The body of an answer with status 200. @throws with what the API server says. */
function objectOf(what: string, { status, body }: SentAnswer): unknown {
  if (status === 200 && isRecord(body)) return body;
  throw new RotationError(`${what}: ${statusError(body, status).message}`);
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}

function materialOf(secret: unknown): Material {
  const entries = KEYS.map((key) => [key, textAt(secret, 'data', key)] as const);
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined).map(([key, value]) => [key, decoded(value ?? '')]),
  );
}

function versionOf(object: unknown): string {
  return textAt(object, 'metadata', 'resourceVersion') ?? '';
}

function configurationOf(kind: ConfigurationKind, object: unknown): Configuration {
  const webhooks = isRecord(object) && Array.isArray(object.webhooks) ? object.webhooks : [];
  const trusted = webhooks.map((webhook: unknown): readonly [string, readonly string[]] => [
    textAt(webhook, 'name') ?? '',
    authoritiesOf(decoded(textAt(webhook, 'clientConfig', 'caBundle') ?? '')),
  ]);
  return { kind, version: versionOf(object), trusted: new Map(trusted) };
}

/** The cluster behind an API server. Every change is a server-side apply of one version of one object. */
export function clusterOf(send: Send, target: RotationTarget): Cluster {
  const { secret: name, namespace, configurations } = target;
  const secretPath = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  const secretName = `Secret ${namespace}/${name}`;
  /** What the last read of the Secret brought. A change with it is refused when the Secret has another version by now. */
  let material: Material = {};

  async function configuration(kind: ConfigurationKind): Promise<Configuration | undefined> {
    const what = `${kind}/${configurations}`;
    const answer = await send({ method: 'GET', path: `/apis/${REGISTRATION}/${kind}/${configurations}` });
    if (answer.status === 404) return undefined;
    const object = objectOf(what, answer);
    refuseOtherWriters(what, object);
    return configurationOf(kind, object);
  }

  async function secret(): Promise<Stored> {
    const answer = await send({ method: 'GET', path: secretPath });
    if (answer.status === 404)
      throw new RotationError(
        `${secretName} does not exist; the chart and the component self-managed-certs make it, without data`,
      );
    const object = objectOf(secretName, answer);
    refuseOtherWriters(secretName, object);
    if (fieldsAt(object, 'metadata', 'annotations')?.[MARK.name] !== MARK.value)
      throw new RotationError(
        `${secretName} is not for "certs rotate": it lacks the annotation ${MARK.name}: ${MARK.value}`,
      );
    material = materialOf(object);
    return storedOf(versionOf(object), material, target);
  }

  /** True when it was applied, false when the object has another version by now. */
  async function apply(what: string, path: string, object: object): Promise<boolean> {
    const query = `fieldManager=${FIELD_MANAGER}&force=true`;
    const answer = await send({ method: 'PATCH', path: `${path}?${query}`, apply: object });
    if (answer.status === 409) return false;
    objectOf(what, answer);
    return true;
  }

  function store({ version }: Stored, changed: Material): Promise<boolean> {
    const data = Object.entries(changed).map(([key, text]) => [key, encoded(text)]);
    return apply(secretName, secretPath, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace, resourceVersion: version },
      data: Object.fromEntries(data),
    });
  }

  function trust(
    { kind, version, trusted }: Configuration,
    authorities: readonly string[],
  ): Promise<boolean> {
    const clientConfig = { caBundle: encoded(authorities.join('')) };
    return apply(`${kind}/${configurations}`, `/apis/${REGISTRATION}/${kind}/${configurations}`, {
      apiVersion: REGISTRATION,
      kind: KINDS[kind],
      metadata: { name: configurations, resourceVersion: version },
      webhooks: [...trusted.keys()].map((webhook) => ({ name: webhook, clientConfig })),
    });
  }

  async function make(change: Change, state: State): Promise<boolean> {
    const now = target.now();
    if (change.do === 'trust') return trust(change.configuration, change.authorities);
    if (change.do === 'retire') return store(state.secret, withoutOldAuthorities(material));
    const made = change.do === 'make-authority' ? withNewAuthority : withNewLeaf;
    return store(state.secret, await made(material, target, now));
  }

  return {
    secret,
    make,
    configurations: async () => {
      const kinds = Object.keys(KINDS) as ConfigurationKind[];
      const found = await Promise.all(kinds.map(configuration));
      return found.filter((one) => one !== undefined);
    },
  };
}
