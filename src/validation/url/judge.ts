import type { UrlPolicy } from '../policy.ts';
import type { RuleId } from '../rules.ts';
import { classifyAddress, inRanges } from './addresses.ts';
import { type Endpoint, type EndpointFault, type Host, parseEndpoint } from './endpoint.ts';
import { classifyName, matchesHostPattern } from './hostNames.ts';

export interface UrlProblem {
  readonly rule: RuleId;
  readonly detail: string;
}

/** The problems of a URL, and its endpoint when it has one. */
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

const ALLOW_PRIVATE = 'set spec.allowPrivateEndpoint: true if that is intended';

function judgeAddress(host: Host, allowPrivate: boolean, policy: UrlPolicy): UrlProblem | undefined {
  const verdict = classifyAddress(host.text);
  const blocked: UrlProblem = {
    rule: 'remote-url-blocked-address',
    detail: `address ${host.text} is ${verdict.what}; use a public unicast address or a DNS name`,
  };
  if (verdict.class === 'always') return blocked;
  if (inRanges(host.text, policy.blockedRanges))
    return {
      rule: 'remote-url-policy',
      detail: `address ${host.text} is in a range that this cluster's policy blocks`,
    };
  if (inRanges(host.text, policy.allowedRanges)) return undefined;
  if (verdict.class === 'special') return blocked;
  if (verdict.class === 'private' && !allowPrivate)
    return {
      rule: 'remote-url-private',
      detail: `address ${host.text} is ${verdict.what}; ${ALLOW_PRIVATE}`,
    };
  if (verdict.class === 'documentation')
    return {
      rule: 'remote-url-documentation',
      detail: `address ${host.text} is ${verdict.what}; nothing answers there`,
    };
  return undefined;
}

function judgeName(host: Host, allowPrivate: boolean, policy: UrlPolicy): UrlProblem | undefined {
  const verdict = classifyName(host.text);
  const covers = (pattern: string) => matchesHostPattern(host.text, pattern);
  if (verdict.class === 'always')
    return {
      rule: 'remote-url-blocked-host',
      detail: `host "${host.text}" is ${verdict.what}; use the name of the remote MCP server`,
    };
  if (policy.blockedHosts.some(covers))
    return {
      rule: 'remote-url-policy',
      detail: `host "${host.text}" is one that this cluster's policy blocks`,
    };
  if (policy.allowedHosts.some(covers)) return undefined;
  if (verdict.class === 'private' && !allowPrivate)
    return { rule: 'remote-url-private', detail: `host "${host.text}" is ${verdict.what}; ${ALLOW_PRIVATE}` };
  if (verdict.class === 'wildcard-dns')
    return { rule: 'remote-url-wildcard-dns', detail: `host "${host.text}" is ${verdict.what}` };
  return undefined;
}

/**
 * Judges where a URL leads: ToolHive's own two lists (with `allowPrivateEndpoint` relaxing the private one and nothing
 * else) and the classes that those miss (gaps U1–U12), always on the canonical host and never on the text.
 */
export function judgeUrl(text: string, allowPrivate: boolean, policy: UrlPolicy): UrlJudgement {
  const parsed = parseEndpoint(text);
  if (!parsed.ok)
    return { endpoint: undefined, problems: [{ rule: FAULT_RULES[parsed.fault], detail: parsed.detail }] };
  const { host } = parsed.endpoint;
  const problem =
    host.kind === 'name' ? judgeName(host, allowPrivate, policy) : judgeAddress(host, allowPrivate, policy);
  return { endpoint: parsed.endpoint, problems: problem ? [problem] : [] };
}
