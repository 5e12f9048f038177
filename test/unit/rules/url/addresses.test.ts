import { describe, expect, it } from 'vitest';
import { edges4, edges6, ipv4Number } from './ranges.ts';
import { verdictOn } from './support.ts';

const ADDRESS = 'remote-url-blocked-address';
const PRIVATE = 'remote-url-private';
const url = (address: string) => `https://${address.includes(':') ? `[${address}]` : address}:8443/mcp`;

/** IANA's IPv4 special-purpose registry, RFC 5771, and ToolHive's list; without private and documentation ranges. */
const BLOCKED4 = [
  ['0.0.0.0/8', '1.0.0.0'],
  ['100.64.0.0/10', '100.63.255.255', '100.128.0.0'],
  ['127.0.0.0/8', '126.255.255.255', '128.0.0.0'],
  ['169.254.0.0/16', '169.253.255.255', '169.255.0.0'],
  ['192.0.0.0/24', '191.255.255.255', '192.0.1.0'],
  ['192.31.196.0/24', '192.31.195.255', '192.31.197.0'],
  ['192.52.193.0/24', '192.52.192.255', '192.52.194.0'],
  ['192.88.99.0/24', '192.88.98.255', '192.88.100.0'],
  ['192.175.48.0/24', '192.175.47.255', '192.175.49.0'],
  ['198.18.0.0/15', '198.17.255.255', '198.20.0.0'],
  ['224.0.0.0/4', '223.255.255.255'],
  ['240.0.0.0/4'],
] as const;

const SINGLE4 = [
  ...[
    '0.0.0.0',
    '127.0.0.1',
    '127.0.0.53',
    '127.1.1.1',
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
  ],
  ...['169.254.169.123', '169.254.169.249', '169.254.0.23', '169.254.42.42', '169.254.1.1', '169.254.20.10'],
  ...[
    '100.100.100.200',
    '100.96.0.96',
    '100.64.0.1',
    '168.63.129.16',
    '192.0.0.192',
    '192.0.0.9',
    '192.0.0.10',
  ],
  ...[
    '192.0.0.8',
    '192.0.0.170',
    '192.0.0.171',
    '192.80.8.124',
    '224.0.0.1',
    '224.0.0.251',
    '239.255.255.250',
  ],
  ...['233.252.0.1', '240.0.0.1', '255.255.255.255', '192.88.99.1', '198.18.0.1', '198.19.255.255'],
];

describe('IPv4 addresses that are not public unicast', () => {
  const inside = [...BLOCKED4.flatMap(([cidr]) => edges4(cidr).inside), ...SINGLE4];
  it.each([...new Set(inside)])('denies %s, also with allowPrivateEndpoint', (address) => {
    for (const allowPrivate of [false, true])
      expect(verdictOn(url(address), allowPrivate)).toEqual({ denied: [ADDRESS], warned: [] });
  });

  const outside = BLOCKED4.flatMap(([, ...neighbours]) => neighbours);
  it.each(outside)('allows their public neighbour %s', (address) => {
    expect(verdictOn(url(address))).toEqual({ denied: [], warned: [] });
  });

  it.each(['1.1.1.1', '8.8.8.8', '9.9.9.9', '168.63.129.15', '168.63.129.17', '192.80.8.123', '100.0.0.1'])(
    'allows %s',
    (address) => {
      expect(verdictOn(url(address))).toEqual({ denied: [], warned: [] });
    },
  );
});

const PRIVATE4 = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

describe('private addresses', () => {
  const addresses = [
    ...PRIVATE4.flatMap((cidr) => edges4(cidr).inside),
    ...edges6('fc00::/7').inside,
    ...[
      '10.96.0.1',
      '10.43.0.1',
      '172.20.0.1',
      '172.17.0.1',
      '192.168.65.2',
      'fd00::1',
      'fc00::1',
      'fdff::1',
    ],
  ];
  it.each(addresses)('denies %s unless allowPrivateEndpoint is set', (address) => {
    expect(verdictOn(url(address))).toEqual({ denied: [PRIVATE], warned: [] });
    expect(verdictOn(url(address), true)).toEqual({ denied: [], warned: [] });
  });

  const neighbours = PRIVATE4.flatMap((cidr) => edges4(cidr).outside);
  it.each(neighbours)('allows their neighbour %s', (address) => {
    expect(verdictOn(url(address))).toEqual({ denied: [], warned: [] });
  });

  it.each([
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd00:0ec2:0:0:0:0:0:254',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
    'fd00:a9fe:a9fe::1',
    'fd00:100::100:200',
    'FD00:EC2::254',
    'fd00:c1::169.254.169.254',
  ])('denies the metadata address %s in spite of allowPrivateEndpoint', (address) => {
    for (const allowPrivate of [false, true])
      expect(verdictOn(url(address), allowPrivate)).toEqual({ denied: [ADDRESS], warned: [] });
  });
});

describe('documentation addresses', () => {
  const ranges4 = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'].flatMap(
    (cidr) => edges4(cidr).inside,
  );
  const ranges6 = ['2001:db8::/32', '3fff::/20'].flatMap((cidr) => edges6(cidr).inside);
  it.each([...ranges4, ...ranges6])('allows %s with a warning', (address) => {
    expect(verdictOn(url(address))).toEqual({ denied: [], warned: ['remote-url-documentation'] });
  });
});

/** IANA's IPv6 special-purpose registry and what lies outside global unicast. */
const BLOCKED6 = [
  '::/128',
  '::1/128',
  '::/96',
  '::ffff:0:0:0/96',
  '64:ff9b:1::/48',
  '100::/64',
  '100:0:0:1::/64',
  '2001::/23',
  '2001::/32',
  '2001:1::1/128',
  '2001:1::2/128',
  '2001:1::3/128',
  '2001:2::/48',
  '2001:3::/32',
  '2001:4:112::/48',
  '2001:10::/28',
  '2001:20::/28',
  '2001:30::/28',
  '2002::/16',
  '2620:4f:8000::/48',
  '5f00::/16',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
  '4000::/3',
  '8000::/1',
  '0100::/8',
  'fe00::/9',
  'c000::/3',
  'e000::/4',
];
/** Inside ranges of the list above, but private: the rule for those decides. */
const isPrivate6 = (address: string) => /^f[cd]/.test(address);

describe('IPv6 addresses that are not public unicast', () => {
  const inside = BLOCKED6.flatMap((cidr) => edges6(cidr).inside).filter((address) => !isPrivate6(address));
  const named = [
    ...[
      '::',
      '::1',
      '0:0:0:0:0:0:0:1',
      '0000::0001',
      '::0.0.0.1',
      '::127.0.0.1',
      '::a9fe:a9fe',
      '::10.0.0.1',
    ],
    ...['::8.8.8.8', '::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8', '64:ff9b:1::1', '64:ff9b:1::8.8.8.8'],
    ...['2002:7f00:1::', '2002:a9fe:a9fe::1', '2002:808:808::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ...['fe80::1', 'febf::1', 'fe80::a9fe:a9fe', 'fec0::1', 'feff::1', 'ff02::1', 'ff05::2', 'ff0e::101'],
    ...[
      '2001:1::1',
      '2001:2::1',
      '2001:3::1',
      '2001:20::1',
      '2001:1ff::1',
      '100::1',
      '5f00::1',
      '64:ff9a::1',
    ],
    ...['0:0:0:1::', '1::', '::1:0:0', '4000::', '1fff:ffff::1', '64:ff9b:0:0:0:1::1', '::fffe:7f00:1'],
  ];
  it.each([...new Set([...inside, ...named])])('denies %s, also with allowPrivateEndpoint', (address) => {
    for (const allowPrivate of [false, true])
      expect(verdictOn(url(address), allowPrivate)).toEqual({ denied: [ADDRESS], warned: [] });
  });

  it.each([
    ...['2606:4700:4700::1111', '2001:4860:4860::8888', '2620:fe::fe', '2a00:1450:4001:80b::200e', '2000::1'],
    ...['2001:200::', '2001:db7:ffff::1', '2001:db9::1', '2003::1', '2001:ffff::1', '2620:4f:7fff::1'],
    ...['2620:4f:8001::1', '3ffe::1', '3fff:1000::1', '3fff:ffff::1', '2A00:1450:4001:80B::200E'],
    ...['2606:4700:0000:0000:0000:0000:0000:1111', '2001:4860:4860::8.8.8.8'],
  ])('allows %s', (address) => {
    expect(verdictOn(url(address))).toEqual({ denied: [], warned: [] });
  });
});

describe('IPv4 addresses inside IPv6 addresses', () => {
  const forms = (quad: string): string[] => {
    const hex = ipv4Number(quad).toString(16).padStart(8, '0');
    const pair = `${hex.slice(0, 4)}:${hex.slice(4)}`;
    return ['::ffff:', '0:0:0:0:0:ffff:', '::FFFF:', '64:ff9b::', '0064:FF9B:0:0:0:0:'].flatMap((prefix) => [
      prefix + quad,
      prefix + pair,
    ]);
  };
  const cases: readonly [
    quad: string,
    closed: readonly string[],
    open: readonly string[],
    warned: readonly string[],
  ][] = [
    ['127.0.0.1', [ADDRESS], [ADDRESS], []],
    ['169.254.169.254', [ADDRESS], [ADDRESS], []],
    ['0.0.0.0', [ADDRESS], [ADDRESS], []],
    ['100.100.100.200', [ADDRESS], [ADDRESS], []],
    ['168.63.129.16', [ADDRESS], [ADDRESS], []],
    ['255.255.255.255', [ADDRESS], [ADDRESS], []],
    ['10.0.0.1', [PRIVATE], [], []],
    ['172.31.255.255', [PRIVATE], [], []],
    ['192.168.0.1', [PRIVATE], [], []],
    ['203.0.113.7', [], [], ['remote-url-documentation']],
    ['8.8.8.8', [], [], []],
    ['93.184.216.34', [], [], []],
  ];
  it.each(cases.flatMap(([quad, ...rest]) => forms(quad).map((form) => [form, quad, ...rest] as const)))(
    'judges %s as %s',
    (form, _quad, closed, open, warned) => {
      expect(verdictOn(url(form))).toEqual({ denied: closed, warned });
      expect(verdictOn(url(form), true)).toEqual({ denied: open, warned });
    },
  );
});
