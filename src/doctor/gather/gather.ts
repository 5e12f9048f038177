import type { V1Namespace, V1PolicyRule } from '@kubernetes/client-node';
import { asApiError } from '../../apiClient/errors.ts';
import type { Send, SentAnswer } from '../../apiClient/send.ts';
import { VERSION } from '../../version.ts';
import { absent, found, known, type Read, readObject, unread } from '../api.ts';
import { probeVersion } from '../checks/proof.ts';
import { flagOf } from '../checks/workload.ts';
import type { Phase } from '../checks.ts';
import type { ClusterFacts, Facts, InstallationFacts, Probe, Shipped, Target } from '../facts.ts';
import { badEntry, badPod, type DryRun, installedPod, probeNamespace } from '../probes.ts';
import { gatherCluster, readList } from './cluster.ts';
import { presentedBy } from './dial.ts';
import { gatherInstallation } from './installation.ts';
import { accountSubject, askRights, installRights, rightsOf } from './rights.ts';

/** Longer than the API server waits for the webhooks of one object: at most 30 s for each of a few. */
const PROBE_DEADLINE_MS = 65_000;
/** How many Pods that are not ready are asked for the reason. */
const MAX_ASKED = 3;

/** The API server gave no answer, so nothing can be examined. The message is for a person. */
export class NoCluster extends Error {}

async function readVersion(send: Send): Promise<ClusterFacts['version']> {
  const version = await readObject<{ readonly gitVersion: string }>(send, '/version');
  if (version.state === 'unread' && !/answered \d/.test(version.why)) throw new NoCluster(version.why);
  if (version.state === 'unread' && /answered 401/.test(version.why)) throw new NoCluster(version.why);
  return version;
}

async function ask(send: Send, path: string): Promise<Read<SentAnswer>> {
  try {
    return found(await send({ method: 'GET', path, deadlineMs: PROBE_DEADLINE_MS }));
  } catch (error) {
    return unread(asApiError(error).message);
  }
}

async function tryOut(send: Send, namespace: string, { path, body }: DryRun): Promise<Read<Probe>> {
  try {
    return found({
      namespace,
      answer: await send({ method: 'POST', path, create: body, deadlineMs: PROBE_DEADLINE_MS }),
    });
  } catch (error) {
    return unread(asApiError(error).message);
  }
}

/** Asks through the API server's proxy, with a method that the webhook refuses: nothing is reviewed. */
function reach(
  send: Send,
  { service }: InstallationFacts,
  { name, namespace }: Target,
): Promise<Read<SentAnswer>> {
  const port = known(service)?.spec?.ports?.[0]?.port;
  if (service.state === 'absent') return Promise.resolve(absent);
  return ask(send, `/api/v1/namespaces/${namespace}/services/https:${name}:${port ?? 443}/proxy/validate`);
}

/** The failed checks of /readyz of each Pod that is not ready. */
async function readNotReady(
  send: Send,
  { pods }: InstallationFacts,
  { namespace }: Target,
): Promise<Facts['notReady']> {
  const running = (known(pods) ?? []).filter(
    ({ status }) =>
      status?.phase === 'Running' &&
      !status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  );
  const asked = running.slice(0, MAX_ASKED).map(async ({ metadata, spec }) => {
    const ports = spec?.containers.flatMap(({ ports = [] }) => ports) ?? [];
    const port = ports.find(({ name }) => name === 'health')?.containerPort ?? 8_081;
    const answer = await ask(
      send,
      `/api/v1/namespaces/${namespace}/pods/${metadata?.name}:${port}/proxy/readyz`,
    );
    const lines =
      known(answer)
        ?.text?.split('\n')
        .filter((line) => line.startsWith('[-]')) ?? [];
    return [metadata?.name ?? '', answer.state === 'found' ? found(lines) : answer] as const;
  });
  return Object.fromEntries(await Promise.all(asked));
}

async function dial(
  { service }: InstallationFacts,
  { name, namespace, dial }: Target,
): Promise<Facts['served']> {
  const spec = known(service)?.spec;
  if (!dial || !spec?.clusterIP) return absent;
  return presentedBy(spec.clusterIP, spec.ports?.[0]?.port ?? 443, `${name}.${namespace}.svc`);
}

async function namespaceFor(
  send: Send,
  installation: InstallationFacts,
  chosen: string | undefined,
): Promise<string> {
  if (chosen !== undefined) return chosen;
  const selector = known(installation.validating)?.webhooks?.[0]?.namespaceSelector;
  const namespaces = known(await readList<V1Namespace>(send, '/api/v1/namespaces'));
  return probeNamespace(
    selector,
    namespaces?.map(({ metadata }) => ({ name: metadata?.name ?? '', labels: metadata?.labels ?? {} })),
  );
}

function accountOf({ installation, target }: Pick<Facts, 'installation' | 'target'>): string {
  return known(installation.deployment)?.spec?.template.spec?.serviceAccountName ?? target.name;
}

/** Flags of `serve` that need a right beside those of deploy/base. */
const RIGHTS_OF_FLAGS: Readonly<Record<string, V1PolicyRule>> = {
  'read-secrets': { verbs: ['get'], apiGroups: [''], resources: ['secrets'] },
  'watch-pods': { verbs: ['list'], apiGroups: [''], resources: ['pods'] },
};

/** The rules that the webhook needs with the flags that it has. */
function neededRules(facts: Facts): readonly V1PolicyRule[] {
  const optional = Object.entries(RIGHTS_OF_FLAGS).filter(([flag]) => flagOf(facts, flag) === 'true');
  return [...facts.shipped.rights, ...optional.map(([, rule]) => rule)];
}

const NOT_ASKED = { reached: absent, served: absent, accountRights: absent, callerRights: absent } as const;
const NOT_TRIED = { entryProbe: absent, podProbe: absent, installProbe: absent } as const;

/** Reads what the checks of a phase judge, and makes the dry runs. @throws NoCluster */
export async function gather(send: Send, target: Target, shipped: Shipped, phase: Phase): Promise<Facts> {
  const version = await readVersion(send);
  const [cluster, installation] = await Promise.all([
    gatherCluster(send, version),
    gatherInstallation(send, target),
  ]);
  const base: Facts = {
    ...{ target, shipped, version: VERSION, now: new Date(), cluster, installation, notReady: {} },
    ...NOT_ASKED,
    ...NOT_TRIED,
  };
  const { namespace } = target;
  if (phase === 'pre') {
    const [callerRights, installProbe] = await Promise.all([
      askRights(send, undefined, installRights(namespace)),
      installation.namespace.state === 'absent'
        ? absent
        : tryOut(send, namespace, installedPod(namespace, shipped)),
    ]);
    return { ...base, callerRights, installProbe };
  }
  const where = await namespaceFor(send, installation, target.probeNamespace);
  const namespaces = flagOf(base, 'namespaces')?.split(',') ?? [];
  const [entryProbe, podProbe, reached, served, notReady, accountRights] = await Promise.all([
    tryOut(send, where, badEntry(where, probeVersion(cluster))),
    tryOut(send, where, badPod(where, shipped)),
    reach(send, installation, target),
    dial(installation, target),
    readNotReady(send, installation, target),
    askRights(send, accountSubject(namespace, accountOf(base)), rightsOf(neededRules(base), namespaces)),
  ]);
  return { ...base, entryProbe, podProbe, reached, served, notReady, accountRights };
}
