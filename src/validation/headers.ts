import type { HeaderForward } from '../toolhive/headerForward.ts';
import {
  canonicalHeader,
  isHeaderToken,
  isHeaderValue,
  isRestrictedHeader,
  MAX_HEADER_NAME,
} from '../toolhive/headerNames.ts';
import { headerManifestEnv } from '../toolhive/names.ts';
import { duplicate, forbidden, invalid, required, tooLong } from './finding.ts';
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
/** Linux: one environment string, name and value, is at most 128 KiB; beyond it the vMCP process cannot be started. */
const MAX_ENV_BYTES = 131_072;
/** No HTTP server takes more (most stop at 100 or so); beyond it no header is looked at, so that a review stays short. */
const MAX_HEADERS = 1_000;
/**
 * True for what the kubelet expands or folds in an env value (gap H2): `$(…)` and `$$`. Source: Kubernetes'
 * `third_party/forked/golang/expansion`. Searched by hand, since a pattern would be quadratic in a row of `$(`.
 */
function isExpanded(text: string): boolean {
  if (text.includes('$$')) return true;
  const open = text.indexOf('$(');
  return open >= 0 && text.includes(')', open);
}

const CREDENTIAL_NAME =
  /^(?:authorization|.*(?:api[-_]?key|apikey|access[-_]?token|auth[-_]?token|secret|password|credential).*|.*-token)$/i;
const CREDENTIAL_VALUE =
  /^(?:bearer|basic|token|negotiate)\s+\S|^(?:ghp_|gho_|github_pat_|xox[abp]-|sk-|eyJ)[\w.-]{8,}/i;

/** One header of an object: where it stands and what it is called. */
interface Header {
  readonly name: string;
  readonly field: string;
}

function plaintextHeaders(headers: HeaderForward): Header[] {
  return Object.keys(headers.plaintext).map((name) => ({ name, field: `${PLAIN}[${name}]` }));
}

function secretHeaders(headers: HeaderForward): Header[] {
  return headers.fromSecret.map(({ headerName }, index) => ({
    name: headerName,
    field: `${SECRET}[${index}].headerName`,
  }));
}

/** The findings about one header name, wherever it stands. */
export function checkHeaderName(name: string, field: string): Finding[] {
  if (!isHeaderToken(name))
    return [
      invalid({
        rule: 'header-name-invalid',
        field,
        value: name,
        detail: `${JSON.stringify(name.slice(0, 60))} is no HTTP header name: at most ${MAX_HEADER_NAME} letters, digits and !#$%&'*+-.^_\`|~`,
      }),
    ];
  if (!isRestrictedHeader(name)) return [];
  return [
    forbidden({
      rule: 'header-name-restricted',
      field,
      value: name,
      detail: `ToolHive does not forward ${canonicalHeader(name)}: it belongs to the connection or to the proxies on the way; remove it`,
    }),
  ];
}

function checkMeaning({ name, field }: Header, hasAuth: boolean): Finding[] {
  const canonical = canonicalHeader(name);
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
function checkPlaintextValue({ name, field }: Header, value: string, expanded: boolean): Finding[] {
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
  if (expanded && (isExpanded(value) || isExpanded(name)))
    findings.push(
      forbidden({
        rule: 'header-value-expansion',
        field,
        raw: value,
        detail:
          'must not contain "$(…)" or "$$": the kubelet would put another variable of the vMCP, such as a client secret, in its place and send it to this server; use addHeadersFromSecret for such a value',
      }),
    );
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
  for (const header of headers) {
    const canonical = canonicalHeader(header.name);
    const earlier = first.get(canonical);
    if (earlier === undefined) first.set(canonical, header);
    else
      findings.push(
        duplicate({
          rule: 'header-duplicate',
          field: header.field,
          value: header.name,
          detail: `${canonical} is already set by ${earlier.field}; which of the two is sent is left to chance`,
        }),
      );
  }
  return findings;
}

function tooManyHeaders(count: number): Finding {
  return tooLong({
    rule: 'header-too-large',
    field: 'spec.headerForward',
    raw: String(count),
    detail: `${count} headers are more than any server takes; at most ${MAX_HEADERS} are allowed, and none of these was looked at`,
  });
}

/** The size of the variable that carries an entry's headers: names and values, and for secrets their identifiers. */
function checkSize(headers: HeaderForward, name: string): Finding[] {
  // Go writes <, > and & as six characters each.
  const json = JSON.stringify(headers.plaintext).replace(/[<>&]/g, '\\u0000');
  const variable = headerManifestEnv(name);
  let bytes = Buffer.byteLength(json) + Buffer.byteLength(variable);
  for (const { headerName } of headers.fromSecret)
    bytes += 2 * Buffer.byteLength(headerName) + variable.length;
  if (bytes < MAX_ENV_BYTES) return [];
  return [
    tooLong({
      rule: 'header-too-large',
      field: headers.fromSecret.length > 0 ? 'spec.headerForward' : PLAIN,
      raw: String(bytes),
      detail: `the headers take ${bytes} bytes and must stay below ${MAX_ENV_BYTES}: they travel in one environment variable, and with a longer one the vMCP cannot be started at all`,
    }),
  ];
}

/** Who carries the headers. */
export interface HeaderOwner {
  readonly name: string;
  readonly headers: HeaderForward | undefined;
  readonly hasAuth: boolean;
  /** True for entries: their headers become environment variables of the vMCP (gap H2). */
  readonly inEnvironment: boolean;
}

/** `spec.headerForward` of an entry or a proxy: gaps H1, H2, H4, H5, H7, R11, and Secrets under the opt-in (H3). */
export function checkHeaders(owner: HeaderOwner, secrets: SecretLookups): Finding[] {
  const { headers, hasAuth, inEnvironment } = owner;
  if (headers === undefined) return [];
  const plain = plaintextHeaders(headers);
  const secret = secretHeaders(headers);
  const all = [...plain, ...secret];
  if (all.length > MAX_HEADERS) return [tooManyHeaders(all.length)];
  const findings = all.flatMap((header) => [
    ...checkHeaderName(header.name, header.field),
    ...checkMeaning(header, hasAuth),
  ]);
  for (const header of plain)
    findings.push(...checkPlaintextValue(header, headers.plaintext[header.name] ?? '', inEnvironment));
  headers.fromSecret.forEach((item, index) => {
    const field = `${SECRET}[${index}].valueSecretRef`;
    if (item.secret === undefined || item.secret.name === '' || item.secret.key === '')
      findings.push(
        required({
          rule: 'header-secret-missing',
          field,
          raw: item.headerName,
          detail: 'name and key of a Secret in the same namespace; without them the header is not sent',
        }),
      );
    else findings.push(...checkSecretRef(item.secret, field, secrets));
  });
  findings.push(...checkDuplicates(all));
  if (inEnvironment) findings.push(...checkSize(headers, owner.name));
  return findings;
}
