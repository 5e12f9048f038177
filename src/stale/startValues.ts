import { findConfigSource } from '../injection/config/locate.ts';
import { compare, VMCP_CONTAINER } from '../injection/contract.ts';
import type {
  Container,
  KeyToPath,
  Pod,
  ProjectedSource,
  Volume,
  VolumeMount,
} from '../injection/pod/pod.ts';
import { fieldsAt, itemsAt, textAt } from '../kubernetes/record.ts';
import { AUTH_VARIABLES, CA_BUNDLE_ROOT } from '../toolhive/names.ts';

/** A value of a Secret or ConfigMap that a container reads when it starts. */
export interface StartValue {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  /** Undefined for all keys. */
  readonly key: string | undefined;
}

/** The container in which the vMCP runs; undefined when that is not known. */
export function vmcpContainer(pod: Pod): Container | undefined {
  const { containers } = pod.spec;
  const named = containers.find(({ name }) => name === VMCP_CONTAINER);
  if (named) return named;
  const source = findConfigSource(pod);
  return 'container' in source ? source.container : undefined;
}

/** What an item of `env` or `envFrom` refers to, by the names that the two lists give to it. */
function referred(item: unknown, secret: string, configMap: string): StartValue[] {
  const found = { Secret: fieldsAt(item, secret), ConfigMap: fieldsAt(item, configMap) } as const;
  return (['Secret', 'ConfigMap'] as const).flatMap((kind) => {
    const name = textAt(found[kind], 'name');
    return name === undefined ? [] : [{ kind, name, key: textAt(found[kind], 'key') }];
  });
}

function ofVariables(container: Container, isRead: (variable: string) => boolean): StartValue[] {
  const env = (container.env ?? []).filter(({ name }) => isRead(name));
  return [
    ...env.flatMap(({ valueFrom }) => referred(valueFrom, 'secretKeyRef', 'configMapKeyRef')),
    ...itemsAt(container, 'envFrom').flatMap(([, item]) => referred(item, 'secretRef', 'configMapRef')),
  ];
}

function ofSource(
  kind: StartValue['kind'],
  name: string | null | undefined,
  items: readonly KeyToPath[] | null | undefined,
): StartValue[] {
  if (!name) return [];
  const keys = (items ?? []).flatMap(({ key }) => key || []);
  return (items ?? []).length === 0
    ? [{ kind, name, key: undefined }]
    : keys.map((key) => ({ kind, name, key }));
}

function ofVolume({ configMap, secret, projected }: Volume): StartValue[] {
  const sources: readonly ProjectedSource[] = [
    { configMap, secret: secret && { name: secret.secretName, items: secret.items } },
    ...(projected?.sources ?? []),
  ];
  return sources.flatMap((source) => [
    ...ofSource('ConfigMap', source.configMap?.name, source.configMap?.items),
    ...ofSource('Secret', source.secret?.name, source.secret?.items),
  ]);
}

/** Where Kubernetes mounts the credentials of the service account, which its client libraries read again by themselves. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Whether the vMCP reads the files of a mount once, at start. */
function isReadOnce({ mountPath }: VolumeMount, dynamic: boolean): boolean {
  return mountPath !== SERVICE_ACCOUNT && !(dynamic && mountPath.startsWith(`${CA_BUNDLE_ROOT}/`));
}

/**
 * The values that the vMCP of a Pod reads when its container starts, each once: variables, and the files of its volumes, of
 * which it watches none (seen in ToolHive 0.47.0). A vMCP in dynamic mode reads CA bundles and the Secrets of discovered auth
 * from the API, so these are left out.
 */
export function startValues(pod: Pod, container: Container, dynamic: boolean): readonly StartValue[] {
  const prefixes = Object.values(AUTH_VARIABLES);
  const isRead = (variable: string) => !dynamic || !prefixes.some((prefix) => variable.startsWith(prefix));
  const mounts = (container.volumeMounts ?? []).filter((mount) => isReadOnce(mount, dynamic));
  const mounted = new Set(mounts.map(({ name }) => name));
  const values = [
    ...ofVariables(container, isRead),
    ...(pod.spec.volumes ?? []).filter(({ name }) => mounted.has(name)).flatMap(ofVolume),
  ];
  const id = ({ kind, name, key }: StartValue) => JSON.stringify([kind, name, key]);
  return [...new Map(values.map((value) => [id(value), value])).values()].sort((a, b) =>
    compare(id(a), id(b)),
  );
}
