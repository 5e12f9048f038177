import type { V1EndpointSlice, V1PodSpec, V1Service } from '@kubernetes/client-node';
import { counted } from '../../text/line.ts';
import { known, problemOf } from '../api.ts';
import { causeOf } from '../causes.ts';
import type { Facts } from '../facts.ts';
import { failed, judge, ok, orOk, type Result, unknown } from '../result.ts';
import { selects } from '../selector.ts';
import type { Webhook } from './registration.ts';

/** The name of the port on which replicas answer reviews, and its usual number. */
export const REVIEWS = 'webhook';
const DEFAULT_PORT = 8_443;

/** The labels of the replicas; undefined when the Deployment is not known. */
export function podLabels({ installation }: Facts): Record<string, string> | undefined {
  return known(installation.deployment)?.spec?.template.metadata?.labels;
}

/** The number of the port on which the replicas answer reviews. */
export function reviewPort(pod: V1PodSpec | undefined): number {
  const ports = pod?.containers.flatMap(({ ports = [] }) => ports) ?? [];
  return ports.find(({ name }) => name === REVIEWS)?.containerPort ?? DEFAULT_PORT;
}

/** The ports that the configurations call. */
function calledPorts({ installation }: Facts): number[] {
  const configurations = [known(installation.validating), known(installation.mutating)];
  const webhooks = configurations.flatMap((one) => (one?.webhooks ?? []) as Webhook[]);
  return [
    ...new Set(webhooks.flatMap(({ clientConfig: { service } }) => (service ? [service.port ?? 443] : []))),
  ];
}

export function service(facts: Facts): readonly Result[] {
  const { target, installation } = facts;
  const subject = `Service ${target.namespace}/${target.name}`;
  return judge(
    installation.service,
    subject,
    (text) => failed(text, 'service-missing'),
    ({ spec }: V1Service) => {
      const ports = spec?.ports?.map(({ port }) => port) ?? [];
      const uncalled = calledPorts(facts).filter((port) => !ports.includes(port));
      const labels = podLabels(facts);
      const problems: Result[] = uncalled.map((port) =>
        failed(`${subject} has no port ${port}, which the configurations call; it has ${ports.join(', ')}`),
      );
      if (labels && !selects({ matchLabels: spec?.selector ?? {} }, labels))
        problems.push(failed(`the selector of ${subject} does not match the Pods of the Deployment`));
      return orOk(problems, `${subject} has the port and the selector that are needed`);
    },
  );
}

function readyAddresses(slices: readonly V1EndpointSlice[]): string[] {
  return slices.flatMap(({ endpoints }) =>
    (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) => addresses),
  );
}

export function endpoints({ target, installation }: Facts): readonly Result[] {
  const subject = `Service ${target.name}`;
  return judge(
    installation.endpoints,
    `the endpoints of ${subject}`,
    (text) => failed(text),
    (slices) => {
      const ready = readyAddresses(slices);
      return ready.length > 0
        ? [ok(`${subject} has ${counted(ready.length, 'ready endpoint')}`)]
        : [
            failed(
              `${subject} has no ready endpoint: no replica is ready, or its selector matches no Pod`,
              'no-endpoints',
            ),
          ];
    },
  );
}

/**
 * Whether the API server's proxy for Services reaches a replica. The proxy goes the way of the webhook calls, but does not
 * look at the certificate: it tells trouble of the network from trouble with certificates.
 */
export function reachable({ reached, target, installation }: Facts): readonly Result[] {
  const subject = `the way from the API server to Service ${target.name}`;
  return judge(
    reached,
    subject,
    () => failed(`Service ${target.name} does not exist`, 'service-missing'),
    (answer) => {
      // A replica answers 405 or, when it takes calls of known callers only, 401.
      if ([401, 405].includes(answer.status)) return [ok('the API server reaches a replica')];
      const problem = problemOf(answer);
      if (answer.status === 403) return [unknown(`${subject} was not tried: ${problem}`)];
      // The proxy says so too when the Service is there and has no endpoints.
      if (answer.status === 404 && installation.service.state === 'found')
        return [failed(`the API server finds no endpoint behind Service ${target.name}`, 'no-endpoints')];
      const cause = causeOf(problem);
      // The replica wants the caller's certificate, so it was reached.
      if (cause === 'client-certificate') return [ok('the API server reaches a replica')];
      return [failed(`the API server does not reach a replica: ${problem}`, cause)];
    },
  );
}
