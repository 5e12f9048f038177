import { isDeepStrictEqual } from 'node:util';
import type { V1MutatingWebhook, V1RuleWithOperations, V1ValidatingWebhook } from '@kubernetes/client-node';
import type { Read } from '../api.ts';
import type { Facts, Target } from '../facts.ts';
import { failed, judge, note, orOk, type Result, warning } from '../result.ts';
import { NAMESPACE_LABEL, requirementsOf, selects } from '../selector.ts';

export type Webhook = V1ValidatingWebhook & Partial<Pick<V1MutatingWebhook, 'reinvocationPolicy'>>;

/** One thing that a rule makes the API server ask about. */
interface Asked {
  readonly operation: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

function has(values: readonly string[] | undefined, value: string): boolean {
  return values?.some((one) => one === value || one === '*') ?? false;
}

/** True when a resource of a rule is the one that is asked about. A `*` alone has no subresources. */
function hasResource(resources: readonly string[] | undefined, asked: string): boolean {
  const [wanted, wantedSub = ''] = asked.split('/');
  return (resources ?? []).some((one) => {
    const [name, sub = ''] = one.split('/');
    return (name === '*' || name === wanted) && (sub === '*' || sub === wantedSub);
  });
}

/** True when one of the rules has it. All that is asked about is in a namespace. */
export function asksAbout(
  rules: readonly V1RuleWithOperations[] | undefined,
  { operation, group, version, resource }: Asked,
): boolean {
  return (rules ?? []).some(
    (rule) =>
      rule.scope !== 'Cluster' &&
      has(rule.operations, operation) &&
      has(rule.apiGroups, group) &&
      has(rule.apiVersions, version) &&
      hasResource(rule.resources, resource),
  );
}

function expanded(rules: readonly V1RuleWithOperations[] | undefined): Asked[] {
  return (rules ?? []).flatMap(({ operations = [], apiGroups = [], apiVersions = [], resources = [] }) =>
    operations.flatMap((operation) =>
      apiGroups.flatMap((group) =>
        apiVersions.flatMap((version) =>
          resources.map((resource) => ({ operation, group, version, resource })),
        ),
      ),
    ),
  );
}

/** What is asked about, as `CREATE and UPDATE of mcpservers`, without the versions. */
function askedTexts(asked: readonly Asked[]): string[] {
  const byResource = Map.groupBy(asked, ({ resource }) => resource);
  return [...byResource].map(([resource, all]) => {
    const operations = [...new Set(all.map(({ operation }) => operation))];
    return `${operations.join(' and ')} of ${resource}`;
  });
}

/** A list for a sentence: the first three, and how many more. */
export function few(items: readonly string[]): string {
  const more = items.length - 3;
  return items.slice(0, 3).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function ruleDrift(shipped: Webhook, installed: Webhook): Result[] {
  const lost = expanded(shipped.rules).filter((asked) => !asksAbout(installed.rules, asked));
  const added = expanded(installed.rules).filter((asked) => !asksAbout(shipped.rules, asked));
  return [
    ...(lost.length > 0
      ? [failed(`its rules lack ${few(askedTexts(lost))}: the API server does not ask about these`)]
      : []),
    ...(added.length > 0 ? [warning(`its rules have ${few(askedTexts(added))} beside what is shipped`)] : []),
  ];
}

/** Names of namespaces that must not be selected: a webhook that is asked about them can block its own start. */
function neverReviewed(target: Target): string[] {
  return ['kube-system', target.namespace];
}

function namespaceDrift({ namespaceSelector }: Webhook, target: Target): Result[] {
  const dangerous = neverReviewed(target).filter((name) =>
    selects(namespaceSelector, { [NAMESPACE_LABEL]: name }),
  );
  if (dangerous.length > 0)
    return [
      failed(
        `its namespaceSelector takes ${dangerous.join(' and ')}: while no replica answers, the cluster may not be able to start one`,
      ),
    ];
  const others = requirementsOf(namespaceSelector).filter((text) => !text.startsWith(`${NAMESPACE_LABEL} `));
  const named = namespaceSelector?.matchExpressions?.find(
    ({ key, operator }) => key === NAMESPACE_LABEL && operator === 'In',
  )?.values;
  if (named && others.length === 0) return [note(`it is asked about namespace ${few(named)} only`)];
  if (others.length === 0) return [];
  const aks = others.some((text) => text.startsWith('control-plane '))
    ? '; AKS adds control-plane when the annotation admissions.enforcer/disabled is missing'
    : '';
  return [warning(`its namespaceSelector also requires ${few(others)}${aks}`)];
}

function objectDrift(shipped: Webhook, installed: Webhook): Result[] {
  const [wanted, is] = [requirementsOf(shipped.objectSelector), requirementsOf(installed.objectSelector)];
  if (isDeepStrictEqual(wanted, is)) return [];
  const text = `its objectSelector requires ${few(is) || 'nothing'}; shipped is ${few(wanted) || 'none'}`;
  return [wanted.length === 0 ? warning(`${text}: other objects are not reviewed`) : failed(text)];
}

function policyDrift(shipped: Webhook, installed: Webhook): Result[] {
  if (shipped.failurePolicy === installed.failurePolicy) return [];
  return [
    installed.failurePolicy === 'Ignore'
      ? warning('its failurePolicy is Ignore: while no replica answers, everything passes without a message')
      : failed('its failurePolicy is Fail; shipped is Ignore: while no replica answers, it blocks deletions'),
  ];
}

function clientDrift(shipped: Webhook, { clientConfig }: Webhook, target: Target): Result[] {
  if (clientConfig.url !== undefined)
    return [
      warning(`it calls ${URL.parse(clientConfig.url)?.host ?? 'a url'}, not the Service ${target.name}`),
    ];
  const wanted = { ...shipped.clientConfig.service, name: target.name, namespace: target.namespace };
  const is = { port: 443, ...clientConfig.service };
  if (isDeepStrictEqual({ ...wanted }, { ...is })) return [];
  const text = (service: { namespace: string; name: string; port?: number; path?: string }) =>
    `${service.namespace}/${service.name}:${service.port}${service.path ?? ''}`;
  return [failed(`it calls the Service ${text(is as typeof wanted)}; shipped is ${text(wanted)}`)];
}

/** Fields that the API server fills in when they are missing, so both sides have them. */
const PLAIN = ['matchPolicy', 'sideEffects', 'reinvocationPolicy', 'admissionReviewVersions'] as const;

function otherDrift(shipped: Webhook, installed: Webhook): Result[] {
  const results = PLAIN.filter((field) => !isDeepStrictEqual(shipped[field], installed[field])).map((field) =>
    warning(`its ${field} is ${String(installed[field])}; shipped is ${String(shipped[field])}`),
  );
  const conditions = ({ matchConditions = [] }: Webhook) =>
    matchConditions.map(({ name, expression }) => `${name}: ${expression.replace(/\s+/g, ' ').trim()}`);
  if (!isDeepStrictEqual(conditions(shipped), conditions(installed)))
    results.push(failed('its matchConditions differ from what is shipped'));
  return results;
}

/** What differs between a shipped webhook and the installed one, and matters. A timeout is a setting. */
export function driftOf(shipped: Webhook, installed: Webhook, target: Target): Result[] {
  return [
    ...clientDrift(shipped, installed, target),
    ...ruleDrift(shipped, installed),
    ...policyDrift(shipped, installed),
    ...namespaceDrift(installed, target),
    ...objectDrift(shipped, installed),
    ...otherDrift(shipped, installed),
  ];
}

/** One result for what several webhooks have in common, with their names before it. */
export function byMessage(results: readonly (readonly [webhook: string, Result])[]): Result[] {
  const groups = Map.groupBy(results, ([, { message }]) => message);
  return [...groups].map(([message, [first, ...others]]) => {
    const names = [first, ...others].flatMap((one) => (one ? [one[0]] : []));
    const whose = names.length === 1 ? `webhook ${names[0]}` : `webhooks ${few(names)}`;
    return { ...(first?.[1] ?? failed('')), message: `${whose}: ${message}` };
  });
}

interface Configuration {
  readonly webhooks?: readonly Webhook[];
}

function configurationResults(
  read: Read<Configuration>,
  kind: string,
  shipped: readonly Webhook[],
  { target, version }: Facts,
): readonly Result[] {
  return judge(
    read,
    `${kind} ${target.name}`,
    (text) => failed(`${text}: the API server never asks the webhook; apply the configurations`),
    ({ webhooks = [] }) => {
      const drift = shipped.flatMap((wanted) => {
        const is = webhooks.find(({ name }) => name === wanted.name);
        const results = is ? driftOf(wanted, is, target) : [failed('it is missing')];
        return results.map((result) => [wanted.name, result] as const);
      });
      const problems = byMessage(drift);
      const others = webhooks.filter(({ name }) => !shipped.some((one) => one.name === name));
      for (const { name } of others) problems.push(warning(`webhook ${name} is not of version ${version}`));
      return orOk(problems, `${webhooks.length} webhooks are as version ${version} ships them`);
    },
  );
}

export function validatingConfiguration(facts: Facts): readonly Result[] {
  const { installation, shipped } = facts;
  const kind = 'ValidatingWebhookConfiguration';
  return configurationResults(
    installation.validating as Read<Configuration>,
    kind,
    shipped.validating,
    facts,
  );
}

export function mutatingConfiguration(facts: Facts): readonly Result[] {
  const { installation, shipped } = facts;
  const kind = 'MutatingWebhookConfiguration';
  return configurationResults(installation.mutating as Read<Configuration>, kind, shipped.mutating, facts);
}
