import type { EnvVar, Pod } from '../../../src/injection/pod/pod.ts';
import { kubeletEnv } from '../../unit/injection/support/kubelet.ts';

const CONFIG_ANNOTATION = 'vmcp-admission.dev/config.yaml';

/** The config that an injected Pod carries. */
export function deliveredConfig(pod: unknown): string | undefined {
  return (pod as Pod).metadata?.annotations?.[CONFIG_ANNOTATION];
}

/** Secrets for the references of a container: all of them, or only those without which it does not start. */
function secretsFor(env: readonly EnvVar[], which: 'all' | 'required'): ReadonlyMap<string, string> {
  const refs = env.map(({ valueFrom }) => valueFrom?.secretKeyRef).filter((ref) => ref != null);
  const there = refs.filter(({ optional }) => which === 'all' || optional !== true);
  return new Map(there.map(({ name, key }) => [`${name}/${key}`, `value of ${name}/${key}`]));
}

/** The environments in which the container that mounts the config may start: with every Secret, and with the required ones only. */
export function environments(pod: unknown): Readonly<Record<string, string>>[] {
  const container = (pod as Pod).spec.containers.find(({ volumeMounts }) =>
    volumeMounts?.some(({ name }) => name?.startsWith('vmcp-admission-config')),
  );
  if (!container) throw new Error('no container mounts the config');
  const env = container.env ?? [];
  return (['all', 'required'] as const).map((which) =>
    Object.fromEntries(kubeletEnv(env, secretsFor(env, which))),
  );
}
