import type { UrlPolicy } from '../policy.ts';
import type { RuleId } from '../rules.ts';
import { classifyAddress, inRanges } from './addresses.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import { type EndpointFault, hostSubject } from './host.ts';
import { classifyName, matchesHostPattern } from './hostNames.ts';

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

function ofAddress(rule: RuleId, address: string, { hidden }: Endpoint, what: string): UrlProblem {
  return { rule, detail: `${hidden ? 'its address' : `address ${address}`} is ${what}` };
}

function blockedAddress(address: string, endpoint: Endpoint, what: string): UrlProblem {
  const instead = 'a public unicast address or a DNS name';
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
  if (verdict.class === 'wildcard-dns') return ofName('remote-url-wildcard-dns', endpoint, verdict.what);
  return undefined;
}

function judgeHost(endpoint: Endpoint, allowPrivate: boolean, policy: UrlPolicy): readonly UrlProblem[] {
  const { kind, text } = endpoint.host;
  const problem =
    kind === 'name'
      ? judgeName(endpoint, allowPrivate, policy)
      : judgeAddress(text, endpoint, allowPrivate, policy);
  return problem ? [problem] : NO_PROBLEMS;
}

/**
 * Judges where a URL leads: ToolHive's own two lists (with `allowPrivateEndpoint` relaxing the private one and nothing
 * else) and the classes that those miss (gaps U1–U12), always on the canonical host and never on the text. Every mistake
 * that can be told without a guess is a problem of its own.
 */
export function judgeUrl(text: string, allowPrivate: boolean, policy: UrlPolicy): UrlJudgement {
  const { faults, endpoint } = parseEndpoint(text);
  const ofHost = endpoint ? judgeHost(endpoint, allowPrivate, policy) : NO_PROBLEMS;
  if (faults.length === 0) return { endpoint, problems: ofHost };
  const ofText = faults.map(({ kind, detail }) => ({ rule: FAULT_RULES[kind], detail }));
  return { endpoint: undefined, problems: [...ofText, ...ofHost] };
}
