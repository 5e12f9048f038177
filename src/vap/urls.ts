import type { UrlPolicy } from '../rules/policy/policy.ts';
import { ADDRESS_RANGES, type AddressClass, type Cidr } from '../rules/url/addresses.ts';
import { HOST_NAMES } from '../rules/url/hostNames.ts';
import type { StoredKind } from '../toolhive/kinds.ts';
import { bind, isSet, matches, type Root, spec, text, texts } from './cel.ts';
import { type CelRule, celRule } from './celRule.ts';

const BACKENDS: readonly StoredKind[] = ['MCPServerEntry', 'MCPRemoteProxy'];
const ALL: readonly StoredKind[] = [...BACKENDS, 'MCPExternalAuthConfig', 'VirtualMCPServer'];
const MAX_URL = 8_000;

/** Every URL that an object of any of these kinds calls. */
function urls(root: Root): string {
  const single = [
    ['remoteUrl'],
    ['tokenExchange', 'tokenUrl'],
    ['xaa', 'idpTokenUrl'],
    ['xaa', 'targetTokenUrl'],
  ];
  const fields = `[${single.map((path) => `${spec(root, ...path)}.orValue("")`).join(', ')}]`;
  return `(${fields} + ${spec(root, 'config', 'backends')}.orValue([]).map(b, b.?url.orValue(""))).filter(u, u != "")`;
}

/** `host:port` of a URL `u`. */
const HOST_PORT = 'u.find("^https?://[^/?#]*").find("[^/@]*$")';
/** The host of `hp` in lower case, IPv6 without brackets. A dot behind a name goes, one behind an address stays. */
const HOST = `(hp.startsWith("[") ? hp.find(${text('^\\[[^\\]]*\\]')}).replace("[", "").replace("]", "") : hp.find("^[^:]*")).lowerAscii()`;
const WITHOUT_DOT = `(h0.matches("[a-z][^.]*[.]$") ? h0.find("^.*[^.]") : h0)`;

/** The URLs whose host `h` fulfils a condition; `hp` is the host with its port. */
function withHost(condition: string): (root: Root) => string {
  const bound = bind(HOST_PORT, 'hp', bind(HOST, 'h0', bind(WITHOUT_DOT, 'h', condition)));
  return (root) => `${urls(root)}.filter(u, ${bound})`;
}

function withUrl(condition: string): (root: Root) => string {
  return (root) => `${urls(root)}.filter(u, ${condition})`;
}

const DOTTED_QUAD = '^(0|[1-9][0-9]{0,2})([.](0|[1-9][0-9]{0,2})){3}$';
/** An address in any spelling. */
const NUMERIC = '(^|[.])(0x[0-9a-f]*|[0-9]+)$';
const LABEL = '^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$';
const BAD_PERCENT = '^https?://[^/?#]*[/?][^#]*%([^0-9A-Fa-f#]|[0-9A-Fa-f][^0-9A-Fa-f#]|[0-9A-Fa-f]?(#|$))';

function inRanges(ranges: readonly string[]): string {
  return ranges.length === 0 ? 'false' : `(isIP(h) && ${texts(ranges)}.exists(c, cidr(c).containsIP(h)))`;
}

function rangesOf(...classes: readonly AddressClass[]): string[] {
  return ADDRESS_RANGES.filter((row) => classes.includes(row.class)).map(({ range }) => range);
}

function cidrText([base, bits]: Cidr): string {
  return `${base.toString()}/${bits}`;
}

/** True for `h` or for something below it. */
function isOrBelow(names: readonly string[]): string {
  return names.length === 0 ? 'false' : `${texts(names)}.exists(n, h == n || h.endsWith("." + n))`;
}

/** True for a host that patterns such as `*.example.com` cover. */
function covered(patterns: readonly string[]): string {
  if (patterns.length === 0) return 'false';
  return `${texts(patterns)}.exists(n, n.startsWith("*.") ? h.endsWith(n.substring(1)) : h == n)`;
}

/** Addresses outside of global unicast that no row of the table names. NAT64 carries an IPv4 address, which CEL cannot see. */
const OUTSIDE =
  '(isIP(h) && ip(h).family() == 6 && !["2000::/3", "fc00::/7", "64:ff9b::/96"].exists(c, cidr(c).containsIP(h)))';

const BLOCKED_NAME = `(${texts(HOST_NAMES.alone)}.exists(n, h == n) || ${isOrBelow(HOST_NAMES.withSubdomains)} || ${HOST_NAMES.families.map((pattern) => matches('h', pattern)).join(' || ')})`;

/** What a policy blocks and allows, as CEL about `h`. */
function settings({ blockedHosts, blockedRanges, allowedHosts, allowedRanges }: UrlPolicy) {
  const [blocked, allowed] = [blockedRanges, allowedRanges].map((ranges) => inRanges(ranges.map(cidrText)));
  return {
    blocked: `(${blocked} || (${covered(blockedHosts)} && !${BLOCKED_NAME}))`,
    allowed: `(${allowed} || ${covered(allowedHosts)})`,
    isUsed: blockedHosts.length + blockedRanges.length > 0,
  };
}

/** The rules about URLs. */
export function urlRules(policy: UrlPolicy): CelRule[] {
  const { blocked, allowed, isUsed } = settings(policy);
  const free = `!${blocked} && !${allowed}`;
  const ofPublic = (condition: string) => (root: Root) =>
    `${spec(root, 'allowPrivateEndpoint')}.orValue(false) ? [] : ${withHost(condition)(root)}`;
  const service = `!hp.startsWith("[") && (${HOST_NAMES.services.map((pattern) => matches('h', pattern)).join(' || ')}) && !${matches('h', HOST_NAMES.punycode)} && !${matches('h', NUMERIC)} && !${BLOCKED_NAME}`;
  return [
    celRule(
      'remote-url-syntax',
      ALL,
      withUrl(
        `!${matches('u', '^https?://[^/?#]')} || ${matches('u', '^https?://:[0-9]*([/?#]|$)')} || u.contains("#") || u.size() > ${MAX_URL} || !${matches('u', '^[!-\\[\\]-~]*$')} || ${matches('u', BAD_PERCENT)}`,
      ),
    ),
    celRule('remote-url-userinfo', ALL, withUrl(matches('u', '^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]*@'))),
    celRule(
      'remote-url-port',
      ALL,
      withUrl(
        bind(
          `${HOST_PORT}.find(${text(':[^:\\]]*$')})`,
          'p',
          `p.size() > 1 && !(${matches('p', '^:[1-9][0-9]{0,4}$')} && int(p.substring(1)) <= 65535)`,
        ),
      ),
    ),
    celRule(
      'remote-url-host-spelling',
      ALL,
      withHost(
        `h.contains("%") || (${matches('h', '^[0-9.]+$')} && !${matches('h', DOTTED_QUAD)}) || ${matches('h', '(^|[.])0x[0-9a-f]*$')} || (${matches('h', '^[!-~]+$')} && (h.startsWith(".") || h.contains("..")))`,
      ),
    ),
    celRule(
      'remote-url-host-name',
      ALL,
      withHost(
        `!hp.startsWith("[") && ${matches('h', '^[!-$&-Z^-~]+$')} && !${matches('h', '^[0-9.]+$')} && !${matches('h', '(^|[.])([.]|$)')} && (h.size() > 253 || h.split(".").exists(l, !${matches('l', LABEL)}))`,
      ),
    ),
    celRule(
      'remote-url-blocked-address',
      ALL,
      withHost(
        `${inRanges(rangesOf('always'))} || ((${inRanges(rangesOf('special'))} || ${OUTSIDE}) && ${free})`,
      ),
    ),
    celRule('remote-url-blocked-host', ALL, withHost(BLOCKED_NAME)),
    ...(isUsed
      ? [celRule('remote-url-policy', ALL, withHost(`${blocked} && !${inRanges(rangesOf('always'))}`))]
      : []),
    celRule(
      'remote-url-private',
      BACKENDS,
      ofPublic(
        `((${inRanges(rangesOf('private'))} && !${inRanges(rangesOf('always'))}) || (${isOrBelow([HOST_NAMES.clusterDomain])} && !${BLOCKED_NAME})) && ${free}`,
      ),
    ),
    celRule('remote-url-cluster-service', BACKENDS, ofPublic(`${service} && ${free}`)),
    celRule('remote-url-documentation', ALL, withHost(`${inRanges(rangesOf('documentation'))} && ${free}`)),
    celRule('remote-url-wildcard-dns', ALL, withHost(`${isOrBelow(HOST_NAMES.wildcardDns)} && ${free}`)),
    celRule('remote-url-cleartext', BACKENDS, (root) => {
      const secret = `${isSet(spec(root, 'externalAuthConfigRef', 'name'))} || ${spec(root, 'headerForward', 'addHeadersFromSecret')}.orValue([]).size() > 0 || ${spec(root, 'caBundleRef', 'configMapRef')}.hasValue()`;
      return `(${secret}) ? [${spec(root, 'remoteUrl')}.orValue("")].filter(u, u.startsWith("http://")) : []`;
    }),
  ];
}
