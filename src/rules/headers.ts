import type { HeaderForward } from '../toolhive/headerForward.ts';
import {
  canonicalHeader,
  isHeaderToken,
  isHeaderValue,
  isRestrictedHeader,
  MAX_HEADER_NAME,
} from '../toolhive/headerNames.ts';
import { duplicate, forbidden, invalid, required } from './finding.ts';
import { expanded, isExpanded } from './headerExpansion.ts';
import { checkHeaderSize, tooManyHeaders } from './headerSize.ts';
import { checkSecretRef, type SecretLookups } from './secrets.ts';
import type { Finding } from './verdict.ts';

const PLAIN = 'spec.headerForward.addPlaintextHeaders';
const SECRET = 'spec.headerForward.addHeadersFromSecret';

/** A constant in these breaks every MCP session: they carry what client and server agreed on. */
const MCP_PROTOCOL = new Set(['Mcp-Session-Id', 'Mcp-Protocol-Version']);
/** The MCP client sets these itself, or the far side does not believe them, so that a forwarded one has no good effect. */
const INEFFECTIVE = new Set([
  'Content-Type',
  'Accept',
  'Cookie',
  'Last-Event-Id',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
]);
const CREDENTIAL_NAME =
  /^authorization$|api[-_]?key|access[-_]?token|auth[-_]?token|secret|password|credential|-token$/i;
const CREDENTIAL_VALUE =
  /^(?:bearer|basic|token|negotiate)\s+\S|^(?:ghp_|gho_|github_pat_|xox[abp]-|sk-|eyJ)[\w.-]{8,}/i;

/** One header of an object: where it stands, what it is called, and what Go's HTTP client makes of that. */
interface Header {
  readonly name: string;
  readonly canonical: string;
  readonly field: string;
}

function header(name: string, field: string): Header {
  return { name, canonical: canonicalHeader(name), field };
}

function plaintextHeaders(headers: HeaderForward): Header[] {
  return Object.keys(headers.plaintext).map((name) => header(name, `${PLAIN}[${name}]`));
}

function secretHeaders(headers: HeaderForward): Header[] {
  return headers.fromSecret.map(({ headerName }, index) =>
    header(headerName, `${SECRET}[${index}].headerName`),
  );
}

/** The findings about one header name, wherever it stands. */
export function checkHeaderName(name: string, field: string): Finding[] {
  return checkName(header(name, field));
}

function checkName({ name, canonical, field }: Header): Finding[] {
  if (!isHeaderToken(name))
    return [
      invalid({
        rule: 'header-name-invalid',
        field,
        value: name,
        detail: `${JSON.stringify(name.slice(0, 60))} is no HTTP header name: at most ${MAX_HEADER_NAME} letters, digits and !#$%&'*+-.^_\`|~`,
      }),
    ];
  if (!isRestrictedHeader(canonical)) return [];
  return [
    forbidden({
      rule: 'header-name-restricted',
      field,
      value: name,
      detail: `ToolHive does not forward ${canonical}: it belongs to the connection or to the proxies on the way; remove it`,
    }),
  ];
}

function checkMeaning({ name, canonical, field }: Header, hasAuth: boolean): Finding[] {
  if (MCP_PROTOCOL.has(canonical))
    return [
      forbidden({
        rule: 'header-mcp-protocol',
        field,
        value: name,
        detail: `${canonical} belongs to the MCP session and a fixed value breaks it; remove it`,
      }),
    ];
  if (INEFFECTIVE.has(canonical))
    return [
      forbidden({
        rule: 'header-ineffective',
        field,
        value: name,
        detail: `${canonical} is set by the MCP client or not trusted by servers; forwarding it has no good effect`,
      }),
    ];
  if (canonical === 'Authorization' && hasAuth)
    return [
      forbidden({
        rule: 'header-authorization-ignored',
        field,
        value: name,
        detail: 'Authorization here is ignored, because externalAuthConfigRef sets it; keep one of the two',
      }),
    ];
  return [];
}

/** Values are never shown: they may be credentials. */
function checkPlaintextValue({ name, field }: Header, value: string, owner: HeaderOwner): Finding[] {
  const findings: Finding[] = [];
  if (!isHeaderValue(value) || value !== value.trim())
    findings.push(
      invalid({
        rule: 'header-value-invalid',
        field,
        raw: value,
        detail:
          'the value must not have control characters (such as a line break) or blanks at its edges; requests with it fail',
      }),
    );
  if (owner.inEnvironment && (isExpanded(value) || isExpanded(name)))
    findings.push(expanded(field, name, value, owner.remoteUrl));
  if (CREDENTIAL_NAME.test(name) || CREDENTIAL_VALUE.test(value))
    findings.push(
      forbidden({
        rule: 'header-plaintext-credential',
        field,
        raw: value,
        detail: `${name.slice(0, 60)} looks like a credential in plain text, readable by everybody who can read the object; use addHeadersFromSecret`,
      }),
    );
  return findings;
}

/** Gap H4: one header twice, in other cases or from both sources; which value wins is chance. */
function checkDuplicates(headers: readonly Header[]): Finding[] {
  const first = new Map<string, Header>();
  const findings: Finding[] = [];
  for (const one of headers) {
    const { name, canonical, field } = one;
    const earlier = first.get(canonical);
    if (earlier === undefined) first.set(canonical, one);
    else
      findings.push(
        duplicate({
          rule: 'header-duplicate',
          field,
          value: name,
          detail: `${canonical} is already set by ${earlier.field}; which of the two is sent is left to chance`,
        }),
      );
  }
  return findings;
}

/** Who carries the headers. */
export interface HeaderOwner {
  readonly name: string;
  readonly headers: HeaderForward | undefined;
  readonly hasAuth: boolean;
  /** Where the headers are sent. */
  readonly remoteUrl: string | undefined;
  /** True for entries: their headers become environment variables of the vMCP (gap H2). */
  readonly inEnvironment: boolean;
}

/** `spec.headerForward` of an entry or a proxy: gaps H1, H2, H4, H5, H7, R11, and Secrets under the opt-in (H3). */
export function checkHeaders(owner: HeaderOwner, secrets: SecretLookups): Finding[] {
  const { headers, hasAuth, inEnvironment } = owner;
  if (headers === undefined) return [];
  if (headers.tooMany !== undefined) return [tooManyHeaders(headers.tooMany)];
  const plain = plaintextHeaders(headers);
  const secret = secretHeaders(headers);
  const all = [...plain, ...secret];
  const findings: Finding[] = [];
  for (const one of all) findings.push(...checkName(one), ...checkMeaning(one, hasAuth));
  for (const one of plain)
    findings.push(...checkPlaintextValue(one, headers.plaintext[one.name] ?? '', owner));
  if (inEnvironment)
    for (const { name, field } of secret)
      if (isExpanded(name)) findings.push(expanded(field, name, undefined, owner.remoteUrl));
  headers.fromSecret.forEach((item, index) => {
    const field = `${SECRET}[${index}].valueSecretRef`;
    // ToolHive leaves such an item out; one with an empty name or key it does not (`checkSecretRef`).
    if (item.secret === undefined)
      findings.push(
        required({
          rule: 'header-secret-missing',
          field,
          raw: item.headerName,
          detail: 'name and key of a Secret in the same namespace; without them the header is not sent',
        }),
      );
    else findings.push(...checkSecretRef(item.secret, field, secrets, inEnvironment ? 'entry' : 'proxy'));
  });
  findings.push(...checkDuplicates(all));
  if (inEnvironment) findings.push(...checkHeaderSize(headers, owner.name));
  return findings;
}
