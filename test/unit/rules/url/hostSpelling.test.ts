import { describe, expect, it } from 'vitest';
import { verdictOn } from './support.ts';

/** Every spelling of an IPv4 address except the plain dotted quad, whatever address it means. */
function spellings(quad: readonly [number, number, number, number]): string[] {
  const [a, b, c, d] = quad;
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (n: number) => `0x${n.toString(16)}`;
  const octal = (n: number) => `0${n.toString(8)}`;
  const low2 = c * 256 + d;
  const low3 = b * 65536 + low2;
  return [
    `${number}`,
    hex(number),
    hex(number).toUpperCase().replace('0X', '0x'),
    hex(number).replace('0x', '0X'),
    octal(number),
    `0${octal(number)}`,
    `0x0${number.toString(16).padStart(8, '0')}`,
    `${a}.${low3}`,
    `${a}.${b}.${low2}`,
    `${hex(a)}.${low3}`,
    `${a}.${hex(low3)}`,
    `${a}.${octal(low3)}`,
    `${hex(a)}.${hex(b)}.${hex(c)}.${hex(d)}`,
    `${octal(a)}.${octal(b)}.${octal(c)}.${octal(d)}`,
    `${hex(a)}.${b}.${octal(c)}.${d}`,
    `${a}.${b}.${c}.${hex(d)}`,
    `${a}.${b}.${c}.${octal(d)}`,
    `${String(a).padStart(3, '0')}.${b}.${c}.${d}`,
    `${a}.${b}.${c}.00${d}`,
    `00${a}.00${b}.00${c}.00${d}`,
    `${a}.${b}.${c}.${d}.`,
    `${number}.`,
    `${hex(number)}.`,
    `${a}.${b}.${low2}.`,
  ].filter((text) => text !== quad.join('.'));
}

const QUADS: readonly (readonly [number, number, number, number])[] = [
  [127, 0, 0, 1],
  [127, 255, 255, 254],
  [169, 254, 169, 254],
  [10, 0, 0, 1],
  [192, 168, 1, 1],
  [172, 16, 5, 4],
  [100, 100, 100, 200],
  [0, 0, 0, 0],
  [8, 8, 8, 8],
  [93, 184, 216, 34],
  [255, 255, 255, 255],
];

const spelled = [...new Set(QUADS.flatMap(spellings))];

describe('spellings of IPv4 addresses', () => {
  it('are tried by the hundred', () => {
    expect(spelled.length).toBeGreaterThan(200);
  });

  it.each(spelled)('denies %s', (host) => {
    for (const url of [`http://${host}/`, `https://${host}:8443/mcp?x=1`, `http://${host}`])
      for (const allowPrivate of [false, true])
        expect(verdictOn(url, allowPrivate), url).toEqual({
          denied: ['remote-url-host-spelling'],
          warned: [],
        });
  });

  it.each([
    '256.1.1.1',
    '1.256.1.1',
    '1.1.1.256',
    '999.999.999.999',
    '1.2.3.4.5',
    '127.0.0.1.1',
    '127.1.2.3.4',
    '4294967296',
    '99999999999999999999',
    '0x100000000',
    '0x',
    '0x.0x.0x.0x',
    '127.0.0.0x',
    '08.8.8.8',
    '09',
    '127.0.0.08',
    '1.2.3.',
    '1..2.3.4',
    '.127.0.0.1',
    '127.0.0.1..',
    '127..1',
    'example.com.127.0.0.1',
    'example.1',
    'example.0x7f',
    'mcp.corp.0',
    '0x7f.1.example.0x1',
  ])('denies %s, which only some parsers take for an address', (host) => {
    const { denied } = verdictOn(`http://${host}/`, true);
    expect(denied).toHaveLength(1);
    expect(denied[0]).toMatch(/^remote-url-host-(spelling|name)$/);
  });
});

describe('empty labels', () => {
  it.each(['.corp.example', 'corp.example..', 'corp..example', '..', '.localhost', '..a'])(
    'are a spelling that is denied: %s',
    (host) => {
      expect(verdictOn(`https://${host}/mcp`).denied).toEqual(['remote-url-host-spelling']);
    },
  );
});

describe('escapes, zones and brackets in hosts', () => {
  it.each([
    'http://[fe80::1%25eth0]/',
    'http://[fe80::1%eth0]/',
    'http://[::1%25lo]/',
    'http://[::1%lo]/',
    'http://[::1%250]:80/',
    'http://[2606:4700::1111%25en0]/',
    'http://[::1%25]/',
    'http://%6c%6f%63%61%6c%68%6f%73%74/',
    'http://loc%61lhost/',
    'http://127.0.0.%31/',
    'http://127%2e0%2e0%2e1/',
    'http://example.com%2f@mcp.example.com',
    'http://mcp.example.com%00.localhost/',
    'http://mcp.example.com%0a/',
    'http://%31%32%37.0.0.1/',
    'http://%',
    'http://%25/',
    'https://mcp.example.com%3a8080/',
  ])('denies %s', (url) => {
    expect(verdictOn(url, true).denied).toHaveLength(1);
  });

  it.each([
    'http://[::1',
    'http://::1]/',
    'http://::1/',
    'http://[]/',
    'http://[/',
    'http://]/',
    'http://[[::1]]/',
    'http://[::1]]/',
    'http://[::1]x/',
    'http://[::1].example.com/',
    'http://[::1]./',
    'http://[127.0.0.1]/',
    'http://[localhost]/',
    'http://[:::1]/',
    'http://[1::2::3]/',
    'http://[12345::1]/',
    'http://[::ffff:256.0.0.1]/',
    'http://[::ffff:127.1]/',
    'http://[::ffff:0x7f.0.0.1]/',
    'http://[1:2:3:4:5:6:7]/',
    'http://[1:2:3:4:5:6:7:8:9]/',
    'http://[v1.fe80::a+en1]/',
    'http://[ ::1]/',
    'http://fe80::1/',
    'http://2606:4700::1111/',
  ])('denies %s, which is no IPv6 literal', (url) => {
    expect(verdictOn(url, true).denied).toHaveLength(1);
  });
});

describe('dots', () => {
  it.each([
    'http://localhost./',
    'http://LOCALHOST./',
    'http://kubernetes./',
    'http://kubernetes.default.svc.cluster.local./',
    'http://metadata.google.internal./',
    'http://metadata./',
  ])('sees through the trailing dot of %s', (url) => {
    expect(verdictOn(url, true).denied).toEqual(['remote-url-blocked-host']);
  });

  it.each([
    'http://./',
    'http://../',
    'http://.../',
    'http://.localhost/',
    'http://localhost../',
    'http://localhost.../',
    'http://..localhost/',
    'http://kubernetes..default/',
    'http://metadata.google..internal/',
    'http://mcp..example.com/',
    'http://.mcp.example.com/',
    'http://mcp.example.com../',
    'http://.:80/',
  ])('denies the empty label of %s', (url) => {
    expect(verdictOn(url, true).denied).toHaveLength(1);
  });
});
