import { forbidden } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, warn } from '../rule.ts';
import { FORWARDING, type Header } from './header.ts';

export const headerMeaningRules = {
  'header-mcp-protocol': deny('Headers of the MCP session must not be set.', ...FORWARDING),
  'header-ineffective': warn('A header must be one that forwarding can set.', ...FORWARDING),
  'header-authorization-ignored': warn('Authorization must be set in one place only.', ...FORWARDING),
};

/** A constant in these breaks every MCP session: they carry what client and server agreed on. */
export const MCP_PROTOCOL: readonly string[] = ['Mcp-Session-Id', 'Mcp-Protocol-Version'];
/** The MCP client sets these itself, or servers do not trust them, so forwarding them has no good effect. */
export const INEFFECTIVE: readonly string[] = [
  'Content-Type',
  'Accept',
  'Cookie',
  'Last-Event-Id',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
];

/** Headers with a valid name that break a session, or that have no effect. */
export function checkMeaning(header: Header, hasAuth: boolean): Finding[] {
  const { name, canonical } = header;
  const isSession = MCP_PROTOCOL.includes(canonical);
  const isIneffective = INEFFECTIVE.includes(canonical);
  if (!isSession && !isIneffective && !(canonical === 'Authorization' && hasAuth)) return [];
  const said = { field: header.field, value: name, raw: canonical };
  if (isSession)
    return [
      forbidden({
        ...said,
        rule: 'header-mcp-protocol',
        detail: `${canonical} belongs to the MCP session and a fixed value breaks it; remove it`,
      }),
    ];
  if (isIneffective)
    return [
      forbidden({
        ...said,
        rule: 'header-ineffective',
        detail: `${canonical} is set by the MCP client or not trusted by servers; forwarding it has no good effect`,
      }),
    ];
  return [
    forbidden({
      ...said,
      rule: 'header-authorization-ignored',
      detail: 'Authorization here is ignored, because externalAuthConfigRef sets it; keep one of the two',
    }),
  ];
}
