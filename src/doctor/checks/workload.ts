import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { known } from '../api.ts';
import type { Facts } from '../facts.ts';
import { failed, judge, ok, type Result, unknown, warning } from '../result.ts';
import { few } from './registration.ts';

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

/** Why a Pod is not ready, as its status says it. */
function podReason({ status }: V1Pod): string {
  const unscheduled = status?.conditions?.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  );
  if (unscheduled) return `cannot be scheduled: ${unscheduled.message ?? unscheduled.reason ?? ''}`;
  const container = status?.containerStatuses?.find(({ ready }) => !ready);
  const waiting = container?.state?.waiting;
  if (waiting?.reason) return waiting.message ? `${waiting.reason}: ${waiting.message}` : waiting.reason;
  const ended = container?.lastState?.terminated?.reason;
  return ended ? `not ready; it ended before with ${ended}` : 'not ready';
}

/** The command that shows why a Pod ends again and again; empty when none does. */
function lastWords(pods: readonly V1Pod[], namespace: string): string {
  const crashing = pods.find((pod) => podReason(pod).startsWith('CrashLoopBackOff'));
  return crashing ? `; why: kubectl -n ${namespace} logs ${crashing.metadata?.name} --previous` : '';
}

/** What the Pods that are not ready say, the first three of them. */
function podProblems({ installation, notReady, target }: Facts): string {
  const pods = (known(installation.pods) ?? []).filter((pod) => !isReady(pod));
  const texts = pods.map((pod) => {
    const name = pod.metadata?.name ?? '';
    const said = known(notReady[name] ?? { state: 'absent' });
    return `${name} ${said?.length ? `says ${said.join('; ')}` : podReason(pod)}`;
  });
  return texts.length > 0 ? `: ${few(texts)}${lastWords(pods, target.namespace)}` : '';
}

function conditionText({ status }: V1Deployment): string {
  const bad = status?.conditions?.find(
    ({ type, status: is }) =>
      (type === 'ReplicaFailure' && is === 'True') || (type === 'Progressing' && is === 'False'),
  );
  return bad?.message ? `; ${bad.message}` : '';
}

export function deployment(facts: Facts): readonly Result[] {
  const { target, installation } = facts;
  const subject = `Deployment ${target.namespace}/${target.name}`;
  return judge(
    installation.deployment,
    subject,
    (text) => failed(text),
    (object) => {
      const wanted = object.spec?.replicas ?? 1;
      const available = object.status?.availableReplicas ?? 0;
      const text = `${available} of ${wanted} replicas of ${subject} are available`;
      if (wanted === 0) return [failed(`${subject} is scaled to 0`)];
      if (available >= wanted) return [ok(text)];
      const problem = `${text}${podProblems(facts)}${conditionText(object)}`;
      return [available === 0 ? failed(problem) : warning(problem)];
    },
  );
}

export function replicas({ installation, target }: Facts): readonly Result[] {
  return judge(
    installation.pods,
    `the Pods of Deployment ${target.name}`,
    (text) => failed(text),
    (pods) => {
      const ready = pods.filter(isReady);
      const nodes = new Set(ready.map(({ spec }) => spec?.nodeName));
      if (ready.length === 0) return [];
      if (ready.length === 1)
        return [warning('only one replica is ready: each drain of its node is an outage')];
      if (nodes.size === 1)
        return [warning(`all ${ready.length} replicas run on one node: its loss is an outage`)];
      return [ok(`${ready.length} replicas run on ${nodes.size} nodes`)];
    },
  );
}

/** The tag of an image; undefined for one that is named by its digest. */
export function tagOf(image: string): string | undefined {
  return /:([^:/@]+)$/.exec(image.split('@')[0] ?? '')?.[1];
}

export function imageVersion({ installation, target, version }: Facts): readonly Result[] {
  return judge(
    installation.deployment,
    `Deployment ${target.name}`,
    (text) => failed(text),
    ({ spec }) => {
      const image = spec?.template.spec?.containers.find(({ args }) => args?.[0] === 'serve')?.image;
      const tag = image && tagOf(image);
      if (!tag) return [unknown('the image names no version')];
      if (tag.replace(/^v/, '') === version) return [ok(`the replicas run version ${version}`)];
      return [
        warning(
          `the replicas run ${tag} and this is doctor of ${version}: what is shipped may differ between them`,
        ),
      ];
    },
  );
}

/** The values of a flag of `serve` in the Deployment, of the form `--name=value`. */
export function flagOf({ installation }: Facts, name: string): string | undefined {
  const args =
    known(installation.deployment)?.spec?.template.spec?.containers.flatMap(({ args = [] }) => args) ?? [];
  return args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
}
