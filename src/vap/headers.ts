import { FORWARDING } from '../rules/headers/header.ts';
import { INEFFECTIVE, MCP_PROTOCOL } from '../rules/headers/meaning.ts';
import { RESTRICTED_HEADERS } from '../toolhive/headerNames.ts';
import { isSet, matches, type Root, spec, text, texts } from './cel.ts';
import { type CelRule, celRule } from './celRule.ts';

const TOKEN = "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,255}$";
/** With more names the comparison of each with each costs more than the API server grants. */
const MAX_COMPARED = 100;

const plaintext = (root: Root) => `${spec(root, 'headerForward', 'addPlaintextHeaders')}.orValue({})`;
const secretNames = (root: Root) =>
  `${spec(root, 'headerForward', 'addHeadersFromSecret')}.orValue([]).map(h, h.?headerName.orValue(""))`;
/** The names of the headers that an object forwards. */
const names = (root: Root) => `(${plaintext(root)}.map(k, k) + ${secretNames(root)})`;
/** The same with the header that an auth config sets. */
const allNames = (root: Root) => {
  const injected = spec(root, 'headerInjection', 'headerName');
  return `(${names(root)} + (${injected}.hasValue() ? [${injected}.value()] : []))`;
};

/** The names, without case, that are in a list. */
function oneOf(from: (root: Root) => string, list: readonly string[]): (root: Root) => string {
  const lower = texts(list.map((name) => name.toLowerCase()));
  return (root) => `${from(root)}.map(n, n.lowerAscii()).filter(n, n in ${lower})`;
}

/** Plaintext headers `k` with a value `v` that a condition holds for. */
function plaintextWith(condition: string): (root: Root) => string {
  return (root) => {
    const map = plaintext(root);
    return `${map}.map(k, [k.lowerAscii(), string(${map}[k])]).filter(p, ${condition})`;
  };
}

const EXPANDED = '[$][$]|[$][(](.|\\n)*[)]';
const CREDENTIAL_NAME =
  '(?i)^authorization$|api[-_]?key|access[-_]?token|auth[-_]?token|secret|password|credential|-token$';
const CREDENTIAL_VALUE =
  '(?i)^(bearer|basic|token|negotiate)[ \\t]+[^ \\t]|^(ghp_|gho_|github_pat_|xox[abp]-|sk-|eyJ)[A-Za-z0-9_.-]{8,}';

/** The rules about forwarded headers. */
export const headerRules: readonly CelRule[] = [
  celRule(
    'header-name-invalid',
    [...FORWARDING, 'MCPExternalAuthConfig'],
    (root) => `${allNames(root)}.filter(n, !${matches('n', TOKEN)})`,
  ),
  celRule(
    'header-name-restricted',
    [...FORWARDING, 'MCPExternalAuthConfig'],
    oneOf(allNames, RESTRICTED_HEADERS),
  ),
  celRule('header-mcp-protocol', FORWARDING, oneOf(names, MCP_PROTOCOL)),
  celRule('header-ineffective', FORWARDING, oneOf(names, INEFFECTIVE)),
  celRule('header-authorization-ignored', FORWARDING, (root) => {
    const auth = isSet(spec(root, 'externalAuthConfigRef', 'name'));
    return `${auth} ? ${oneOf(names, ['Authorization'])(root)} : []`;
  }),
  celRule(
    'header-value-invalid',
    FORWARDING,
    plaintextWith(matches('p[1]', '[\\x00-\\x08\\x0a-\\x1f\\x7f]|^[ \\t]|[ \\t]$')),
  ),
  celRule(
    'header-plaintext-credential',
    FORWARDING,
    plaintextWith(`${matches('p[0]', CREDENTIAL_NAME)} || ${matches('p[1]', CREDENTIAL_VALUE)}`),
  ),
  celRule(
    'header-value-expansion',
    ['MCPServerEntry'],
    (root) =>
      `(${plaintext(root)}.map(k, ${plaintext(root)}[k]) + ${names(root)}).filter(v, ${matches('v', EXPANDED)})`,
  ),
  celRule('header-duplicate', FORWARDING, (root) => {
    const lower = `${names(root)}.map(n, n.lowerAscii())`;
    return `${names(root)}.size() > ${MAX_COMPARED} ? [] : ${lower}.filter(n, ${lower}.exists_one(m, m == n) == false)`;
  }),
  celRule('vmcp-passthrough-header', ['VirtualMCPServer'], (root) => {
    const refused = texts(
      [...RESTRICTED_HEADERS, 'Authorization', 'Cookie'].map((name) => name.toLowerCase()),
    );
    const outer = `${spec(root, 'passthroughHeaders')}.orValue([])`;
    const read = `(${outer}.size() > 0 ? ${outer} : ${spec(root, 'config', 'passthroughHeaders')}.orValue([]))`;
    return `${read}.filter(n, !n.matches(${text(TOKEN)}) || n.lowerAscii() in ${refused})`;
  }),
];
