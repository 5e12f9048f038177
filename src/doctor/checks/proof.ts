import { quoted } from '../../text/line.ts';
import { TOOLHIVE_GROUP } from '../../toolhive/kinds.ts';
import { known, messageOf, problemOf, type Read } from '../api.ts';
import { type CauseId, causeOf, meaningOf } from '../causes.ts';
import type { Facts, Probe } from '../facts.ts';
import { failed, judge, ok, type Result, unknown, warning } from '../result.ts';
import { NAMESPACE_LABEL, selects } from '../selector.ts';
import { caBundle, certificateNames, servingCertificate, trust } from './certificates.ts';
import { endpoints, service } from './network.ts';
import { networkPolicy } from './networkPolicy.ts';
import { asksAbout, type Webhook } from './registration.ts';
import { deployment, flagOf } from './workload.ts';

const CANNOT_CALL = 'the API server cannot call';
/** The names of all shipped webhooks end so. */
const SHIPPED_NAMES = '.vmcp-admission.dev';

/** Which webhook has to answer a dry run, and about what it is asked. */
interface Expected {
  readonly webhook: string;
  readonly what: string;
  readonly asked: {
    readonly operation: string;
    readonly group: string;
    readonly version: string;
    readonly resource: string;
  };
  readonly labels: Readonly<Record<string, string>>;
  readonly registered: Read<{ readonly webhooks?: readonly Webhook[] }>;
}

/** True when one of the warnings is the webhook's: it ends in the id of a rule or a reason, in brackets. */
function hasWebhookWarning(warnings: readonly string[]): boolean {
  return warnings.some((text) => /\[[a-z0-9]+(?:-[a-z0-9]+)+\]$/.test(text));
}

/** Why the API server let the object pass without asking, as far as the configuration tells. */
function notAsked({ registered, webhook, asked, labels, what }: Expected, namespace: string): Result {
  const passed = `${what} passed, and the webhook was not asked`;
  if (registered.state === 'absent')
    return failed(`${passed}: its configuration does not exist`, 'not-registered');
  if (registered.state === 'unread')
    return failed(`${passed}; its configuration cannot be read: ${registered.why}`);
  const is = registered.value.webhooks?.find(({ name }) => name === webhook);
  if (!is) return failed(`${passed}: the configuration has no webhook ${webhook}`, 'not-registered');
  if (!asksAbout(is.rules, asked))
    return failed(
      `${passed}: the rules of ${webhook} lack ${asked.operation} ${asked.resource} (${asked.version})`,
      'drift',
    );
  if (!selects(is.namespaceSelector, { [NAMESPACE_LABEL]: namespace }))
    return failed(
      `${passed}: the namespaceSelector of ${webhook} leaves out namespace ${namespace}; try --probe-namespace`,
      'drift',
    );
  if (!selects(is.objectSelector, labels))
    return failed(`${passed}: the objectSelector of ${webhook} leaves it out`, 'drift');
  if (is.failurePolicy === 'Ignore')
    return failed(
      `${passed}: ${webhook} fails open, so the call most likely failed; the checks below say why`,
      'fails-open',
    );
  return failed(
    `${passed}, although ${webhook} is registered for it: a policy exempts namespace ${namespace} or turns the rule off, or the API server has not noticed the configuration yet`,
    'passed',
  );
}

/** The checks that look into a cause. */
const LOOK_INTO: Readonly<
  Partial<Record<CauseId, Readonly<Record<string, (facts: Facts) => readonly Result[]>>>>
> = {
  'x509-unknown-ca': { 'ca-bundle': caBundle, trust },
  'x509-expired': { 'serving-certificate': servingCertificate, 'ca-bundle': caBundle, trust },
  'x509-name': { 'certificate-names': certificateNames },
  refused: { service, endpoints, deployment, 'network-policy': networkPolicy },
  'no-endpoints': { endpoints, deployment },
  'time-out': { service, endpoints, deployment, 'network-policy': networkPolicy },
};

/** What else may be so when none of these checks has found something. */
function withoutEvidence(cause: CauseId | undefined, host: string, facts: Facts): string {
  const isUrl = !/\.svc(?::\d+)?$/.test(host);
  if (cause === 'x509-unknown-ca' && trust(facts)[0]?.status === 'ok')
    return '; the caBundle fits the Secret, so the replicas still serve an older pair';
  if (cause === 'refused' && !isUrl)
    return endpoints(facts)[0]?.status === 'ok'
      ? '; replicas are ready, so they listen on another port, or a NetworkPolicy or firewall rejects the packets'
      : '; no replica is ready, or the port is wrong';
  if (cause === 'time-out' && isUrl)
    return `; ${host} is called by its URL, so a DNS server or a proxy may be what does not answer`;
  return '';
}

/** Which of the checks of a cause have found something. */
function evidence(cause: CauseId | undefined, host: string, facts: Facts): string {
  const failing = Object.entries((cause && LOOK_INTO[cause]) ?? {}).filter(([, check]) =>
    check(facts).some(({ status }) => status === 'failed'),
  );
  return failing.length > 0
    ? ` (see ${failing.map(([id]) => id).join(', ')})`
    : withoutEvidence(cause, host, facts);
}

/** The cause of a failed call. A replica ends the connection without a word when the caller's certificate is of another CA. */
function callCause(text: string, facts: Facts): ReturnType<typeof causeOf> {
  const cause = causeOf(text);
  return cause === 'not-tls' && flagOf(facts, 'client-ca-file') ? 'client-certificate' : cause;
}

function callFailed(webhook: string, message: string, facts: Facts): Result {
  const [, host = ''] = /Post "https:\/\/([^/"?]+)/.exec(message) ?? [];
  const text = message
    .slice(message.indexOf('": ') + 3)
    .replace(/^failed to call webhook: (?:Post "[^"]+": )?/, '');
  const cause = callCause(text, facts);
  const means = cause ? `: ${meaningOf(cause)}` : '';
  return failed(`${CANNOT_CALL} ${webhook}${means}${evidence(cause, host, facts)}; it says: ${text}`, cause);
}

function judgeAnswer({ namespace, answer }: Probe, expected: Expected, facts: Facts): Result {
  const { webhook, what } = expected;
  const message = messageOf(answer.body);
  const [, denier] = /admission webhook "([^"]+)" denied the request/.exec(message) ?? [];
  if (denier?.endsWith(SHIPPED_NAMES)) return ok(`${what} was denied in namespace ${namespace} by ${denier}`);
  const [, failing] = /failed calling webhook "([^"]+)"/.exec(message) ?? [];
  if (failing?.endsWith(SHIPPED_NAMES)) return callFailed(failing, message, facts);
  if (denier ?? failing)
    return unknown(
      `${quoted(denier ?? failing ?? '')} ${denier ? 'denied' : 'failed for'} ${what} first: ${message}`,
    );
  if (answer.status < 300)
    return hasWebhookWarning(answer.warnings ?? [])
      ? warning(
          `${what} was let through with a warning of ${webhook}: it is asked, and a policy or setting lets this pass`,
        )
      : notAsked(expected, namespace);
  return unknown(`${what} could not be tried in namespace ${namespace}: ${problemOf(answer)}`);
}

function proof(read: Read<Probe>, expected: Expected, facts: Facts): readonly Result[] {
  return judge(read, `the dry run of ${expected.what}`, unknown, (probe) => [
    judgeAnswer(probe, expected, facts),
  ]);
}

/** The version of ToolHive's API in which the dry run is sent. */
export function probeVersion({ toolhive }: Facts['cluster']): string {
  return known(toolhive)?.some(({ version }) => version === 'v1beta1') === false ? 'v1alpha1' : 'v1beta1';
}

export function entryDenied(facts: Facts): readonly Result[] {
  return proof(
    facts.entryProbe,
    {
      webhook: `validate${SHIPPED_NAMES}`,
      what: 'a bad MCPServerEntry',
      asked: {
        operation: 'CREATE',
        group: TOOLHIVE_GROUP,
        version: probeVersion(facts.cluster),
        resource: 'mcpserverentries',
      },
      labels: {},
      registered: facts.installation.validating as Expected['registered'],
    },
    facts,
  );
}

/** The result in short, when it is a call that failed as the one of {@link entryDenied} did. */
function inShort(result: Result, facts: Facts): Result {
  const why = ({ message }: Result) => (message.startsWith(CANNOT_CALL) ? message.replace(/^.*?: /, '') : '');
  const [, webhook] = /call (\S+?):? /.exec(result.message) ?? [];
  const isSame = why(result) !== '' && entryDenied(facts).some((other) => why(other) === why(result));
  return isSame
    ? { ...result, message: `${CANNOT_CALL} ${webhook} either, for the reason that entry-denied has` }
    : result;
}

export function podRefused(facts: Facts): readonly Result[] {
  const results = proof(
    facts.podProbe,
    {
      webhook: `inject-self-managed${SHIPPED_NAMES}`,
      what: 'a vMCP Pod of a group that does not exist',
      asked: { operation: 'CREATE', group: '', version: 'v1', resource: 'pods' },
      labels: { 'vmcp-admission.dev/inject': 'enabled' },
      registered: facts.installation.mutating as Expected['registered'],
    },
    facts,
  );
  return results.map((result) => inShort(result, facts));
}

/** Whether the namespace of the installation takes Pods like those of the Deployment: Pod Security, SCCs, quotas, other webhooks. */
export function podAllowed({ installProbe, target }: Facts): readonly Result[] {
  const what = `a Pod like those of the installation in namespace ${target.namespace}`;
  return judge(
    installProbe,
    `the dry run of ${what}`,
    () => ok(`namespace ${target.namespace} does not exist yet`),
    ({ answer }) => {
      if (answer.status < 300) return [ok(`the API server takes ${what}`)];
      const message = messageOf(answer.body);
      const mayNot = answer.status === 403 && /cannot create resource/.test(message);
      return [
        mayNot
          ? unknown(`${what} could not be tried: ${problemOf(answer)}`)
          : failed(`the API server refuses ${what}: ${message}`),
      ];
    },
  );
}
