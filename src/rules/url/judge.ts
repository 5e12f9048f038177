import type { RuleId } from '../index.ts';
import type { UrlPolicy } from '../policy/policy.ts';
import { classifyAddress, inRanges } from './addresses.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { type EndpointFault, hostSubject } from './host.ts';
import { classifyName, matchesHostPattern } from './hostNames.ts';
import { podAddresses } from './podNames.ts';

export interface UrlProblem {
  readonly rule: RuleId;
  readonly detail: string;
}

/** The problems of a URL, always in the same order, and its endpoint when it is one. */
export interface UrlJudgement {
  readonly problems: readonly UrlProblem[];
  readonly endpoint: Endpoint | undefined;
}

const FAULT_RULES: Readonly<Record<EndpointFault, RuleId>> = {
  syntax: 'remote-url-syntax',
  userinfo: 'remote-url-userinfo',
  port: 'remote-url-port',
  'host-spelling': 'remote-url-host-spelling',
  'host-name': 'remote-url-host-name',
};

const NO_PROBLEMS: readonly UrlProblem[] = [];
const ALLOW_PRIVATE = 'set spec.allowPrivateEndpoint: true if that is intended';

/** An address in a sentence: the host itself, or the address that a host name resolves to. */
function addressSubject(address: string, { host, hidden }: Endpoint): string {
  if (host.kind !== 'name') return hidden ? 'its address' : `address ${address}`;
  return hidden
    ? 'the address in its Pod name'
    : `address ${address}, which the cluster's DNS answers for "${host.text}",`;
}

function ofAddress(rule: RuleId, address: string, endpoint: Endpoint, what: string): UrlProblem {
  return { rule, detail: `${addressSubject(address, endpoint)} is ${what}` };
}

function blockedAddress(address: string, endpoint: Endpoint, what: string): UrlProblem {
  const instead =
    endpoint.host.kind === 'name' ? 'the name of a Service' : 'a public unicast address or a DNS name';
  return ofAddress('remote-url-blocked-address', address, endpoint, `${what}; use ${instead}`);
}

function judgeAddress(
  address: string,
  endpoint: Endpoint,
  allowPrivate: boolean,
  policy: UrlPolicy,
): UrlProblem | undefined {
  const verdict = classifyAddress(address);
  if (verdict.class === 'always') return blockedAddress(address, endpoint, verdict.what);
  if (inRanges(address, policy.blockedRanges))
    return ofAddress('remote-url-policy', address, endpoint, "in a range that this cluster's policy blocks");
  if (inRanges(address, policy.allowedRanges)) return undefined;
  if (verdict.class === 'special') return blockedAddress(address, endpoint, verdict.what);
  if (verdict.class === 'private' && !allowPrivate)
    return ofAddress('remote-url-private', address, endpoint, `${verdict.what}; ${ALLOW_PRIVATE}`);
  if (verdict.class === 'documentation')
    return ofAddress('remote-url-documentation', address, endpoint, `${verdict.what}; nothing answers there`);
  return undefined;
}

function ofName(rule: RuleId, { host, hidden }: Endpoint, what: string): UrlProblem {
  return { rule, detail: `${hostSubject(host.text, hidden)} is ${what}` };
}

function judgeName(endpoint: Endpoint, allowPrivate: boolean, policy: UrlPolicy): UrlProblem | undefined {
  const { text } = endpoint.host;
  const verdict = classifyName(text);
  const covers = (pattern: string) => matchesHostPattern(text, pattern);
  if (verdict.class === 'always')
    return ofName(
      'remote-url-blocked-host',
      endpoint,
      `${verdict.what}; use the name of the remote MCP server`,
    );
  if (policy.blockedHosts.some(covers))
    return ofName('remote-url-policy', endpoint, "one that this cluster's policy blocks");
  if (policy.allowedHosts.some(covers)) return undefined;
  if (verdict.class === 'private' && !allowPrivate)
    return ofName('remote-url-private', endpoint, `${verdict.what}; ${ALLOW_PRIVATE}`);
  if (verdict.class === 'service' && !allowPrivate)
    return ofName('remote-url-cluster-service', endpoint, `${verdict.what}; ${ALLOW_PRIVATE}`);
  if (verdict.class === 'wildcard-dns') return ofName('remote-url-wildcard-dns', endpoint, verdict.what);
  return undefined;
}

/**
 * The problems of a host. A Pod name, which the cluster's DNS answers with the address in it, is judged as that address too.
 * An allowed host pattern does not allow the address, since any address can be written into a Pod name. Each broken rule is
 * reported once; levels decide which of them deny.
 */
function judgeHost(endpoint: Endpoint, allowPrivate: boolean, policy: UrlPolicy): readonly UrlProblem[] {
  const { kind, text } = endpoint.host;
  const problem =
    kind === 'name'
      ? judgeName(endpoint, allowPrivate, policy)
      : judgeAddress(text, endpoint, allowPrivate, policy);
  const addresses = podAddresses(text);
  if (addresses.length === 0) return problem ? [problem] : NO_PROBLEMS;
  const byRule = new Map<RuleId, UrlProblem>();
  for (const found of [
    ...addresses.map((address) => judgeAddress(address, endpoint, allowPrivate, policy)),
    problem,
  ])
    if (found && !byRule.has(found.rule)) byRule.set(found.rule, found);
  return [...byRule.values()];
}

/**
 * Judges the destination of a URL: by ToolHive's two lists (`allowPrivateEndpoint` relaxes the private one and nothing else)
 * and by the classes that these lists lack, always on the canonical host and never on the text. Every mistake that is certain
 * is a problem of its own.
 */
export function judgeUrl(text: string, allowPrivate: boolean, policy: UrlPolicy): UrlJudgement {
  const { faults, endpoint } = parseEndpoint(text);
  const ofHost = endpoint ? judgeHost(endpoint, allowPrivate, policy) : NO_PROBLEMS;
  if (faults.length === 0) return { endpoint, problems: ofHost };
  const ofText = faults.map(({ kind, detail }) => ({ rule: FAULT_RULES[kind], detail }));
  return { endpoint: undefined, problems: [...ofText, ...ofHost] };
}
