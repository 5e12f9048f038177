import ipaddr from 'ipaddr.js';

/**
 * `always`: always denied (loopback, link-local, metadata, the machine itself);
 * `special`: denied, but a team may allow a range of its own; `private`: denied unless `allowPrivateEndpoint`;
 * `documentation`: allowed with a warning; `public`: allowed.
 */
export type AddressClass = 'always' | 'special' | 'private' | 'documentation' | 'public';

export interface AddressVerdict {
  readonly class: AddressClass;
  /** What the range is, for a message; empty for `public`. */
  readonly what: string;
}

type Row = readonly [range: string, class_: AddressClass, what: string];

/**
 * The first match wins, so narrow ranges precede the wide ones that contain them.
 * Sources: ToolHive's two lists (toolhive URL rules), the IANA IPv4 and IPv6 special-purpose registries in full,
 * RFC 5771 (multicast), and the clouds' documentation for metadata addresses.
 */
const IPV4: readonly Row[] = [
  ['0.0.0.0/8', 'always', '"this network", which reaches the vMCP Pod itself'],
  ['127.0.0.0/8', 'always', 'loopback: the vMCP Pod itself'],
  ['169.254.0.0/16', 'always', 'link-local, where clouds serve instance metadata'],
  ['100.100.100.200/32', 'always', 'the metadata address of Alibaba Cloud'],
  ['168.63.129.16/32', 'always', 'the wire server of Azure'],
  ['192.0.0.192/32', 'always', 'a metadata address of Oracle Cloud'],
  ['192.80.8.124/32', 'always', 'the metadata address of Equinix Metal'],
  ['10.0.0.0/8', 'private', 'private (RFC 1918)'],
  ['172.16.0.0/12', 'private', 'private (RFC 1918)'],
  ['192.168.0.0/16', 'private', 'private (RFC 1918)'],
  ['192.0.2.0/24', 'documentation', 'reserved for documentation (TEST-NET-1)'],
  ['198.51.100.0/24', 'documentation', 'reserved for documentation (TEST-NET-2)'],
  ['203.0.113.0/24', 'documentation', 'reserved for documentation (TEST-NET-3)'],
  ['100.64.0.0/10', 'special', 'carrier-grade NAT (RFC 6598)'],
  ['192.0.0.0/24', 'special', 'reserved for IETF protocols (RFC 6890)'],
  ['192.31.196.0/24', 'special', 'reserved for AS112 (RFC 7535)'],
  ['192.52.193.0/24', 'special', 'reserved for AMT (RFC 7450)'],
  ['192.88.99.0/24', 'special', 'the deprecated 6to4 relay (RFC 7526)'],
  ['192.175.48.0/24', 'special', 'reserved for AS112 (RFC 7534)'],
  ['198.18.0.0/15', 'special', 'reserved for benchmarking (RFC 2544)'],
  ['224.0.0.0/4', 'special', 'multicast'],
  ['240.0.0.0/4', 'special', 'reserved (RFC 1112), with the broadcast address in it'],
];

const IPV6: readonly Row[] = [
  ['::/128', 'always', 'the unspecified address, which reaches the vMCP Pod itself'],
  ['::1/128', 'always', 'loopback: the vMCP Pod itself'],
  ['fe80::/10', 'always', 'link-local'],
  ['fd00:ec2::/32', 'always', 'where AWS serves instance metadata and Pod identities'],
  ['fd20:ce::254/128', 'always', 'the metadata address of Google Cloud'],
  ['fd00:c1::a9fe:a9fe/128', 'always', 'the metadata address of Oracle Cloud'],
  ['fd00:42::42/128', 'always', 'the metadata address of Scaleway'],
  ['fd00:a9fe:a9fe::1/128', 'always', 'the metadata address of Akamai (Linode)'],
  ['fd00:100::100:200/128', 'always', 'the metadata address of Alibaba Cloud'],
  ['fc00::/7', 'private', 'private (unique local, RFC 4193)'],
  ['2001:db8::/32', 'documentation', 'reserved for documentation (RFC 3849)'],
  ['3fff::/20', 'documentation', 'reserved for documentation (RFC 9637)'],
  ['::/96', 'always', 'an IPv4-compatible address (deprecated by RFC 4291)'],
  ['::ffff:0:0:0/96', 'always', 'an IPv4-translated address (RFC 7915)'],
  ['64:ff9b:1::/48', 'always', 'local-use NAT64 (RFC 8215), which can reach any IPv4 address'],
  ['2002::/16', 'always', '6to4 (RFC 3056), which can reach any IPv4 address'],
  ['2001::/32', 'always', 'Teredo (RFC 4380), which can reach any IPv4 address'],
  ['2001::/23', 'special', 'reserved for IETF protocols (RFC 2928)'],
  ['2620:4f:8000::/48', 'special', 'reserved for AS112 (RFC 7534)'],
  ['fec0::/10', 'special', 'site-local (deprecated by RFC 3879)'],
  ['ff00::/8', 'special', 'multicast'],
];

/** Every range of both families with its class, in the order in which they are asked. */
export const ADDRESS_RANGES: readonly { readonly range: string; readonly class: AddressClass }[] = [
  ...IPV4,
  ...IPV6,
].map(([range, class_]) => ({ range, class: class_ }));

const PUBLIC: AddressVerdict = { class: 'public', what: '' };
/** IANA has given out nothing else as global unicast. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
const MAPPED = ipaddr.IPv6.parseCIDR('::ffff:0:0/96');
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

const IPV4_TABLE = IPV4.map(([range, class_, what]) => ({
  range: ipaddr.IPv4.parseCIDR(range),
  verdict: { class: class_, what },
}));
const IPV6_TABLE = IPV6.map(([range, class_, what]) => ({
  range: ipaddr.IPv6.parseCIDR(range),
  verdict: { class: class_, what },
}));

function classifyIpv4(address: ipaddr.IPv4): AddressVerdict {
  return IPV4_TABLE.find(({ range }) => address.match(range))?.verdict ?? PUBLIC;
}

function embeddedIpv4(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  if (!address.match(MAPPED) && !address.match(NAT64)) return undefined;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

function classifyIpv6(address: ipaddr.IPv6): AddressVerdict {
  const ipv4 = embeddedIpv4(address);
  if (ipv4) return classifyIpv4(ipv4);
  const row = IPV6_TABLE.find(({ range }) => address.match(range));
  if (row) return row.verdict;
  return address.match(GLOBAL_UNICAST)
    ? PUBLIC
    : { class: 'special', what: 'outside global unicast (2000::/3)' };
}

/** The class of an address in canonical text form. An IPv4 address inside `::ffff:0:0/96` or NAT64 is judged as itself. */
export function classifyAddress(text: string): AddressVerdict {
  const address = ipaddr.parse(text);
  return address.kind() === 'ipv4'
    ? classifyIpv4(address as ipaddr.IPv4)
    : classifyIpv6(address as ipaddr.IPv6);
}

/** A range of addresses that a setting names. */
export type Cidr = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Parses `a.b.c.d/n` or `x::/n`; undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  return ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : undefined;
}

/** True when the address, or the IPv4 address embedded in it, lies in one of the ranges. */
export function inRanges(text: string, ranges: readonly Cidr[]): boolean {
  const address = ipaddr.parse(text);
  const embedded = address.kind() === 'ipv6' ? embeddedIpv4(address as ipaddr.IPv6) : undefined;
  return [address, embedded].some((candidate) =>
    ranges.some(
      ([base, bits]) =>
        candidate !== undefined && candidate.kind() === base.kind() && candidate.match(base, bits),
    ),
  );
}
