import { describe, expect, it } from 'vitest';
import { judgeUrl } from '../../../../src/rules/url/judge.ts';
import { entry, review } from '../support.ts';
import { POLICY, verdictOn } from './support.ts';

const denies = (rule: string, urls: readonly string[]) =>
  it.each([...urls])(`denies %j as ${rule}`, (url) => {
    for (const allowPrivate of [false, true])
      expect(verdictOn(url, allowPrivate)).toEqual({ denied: [rule], warned: [] });
  });

describe('the form of a URL', () => {
  denies('remote-url-syntax', [
    'mcp.example.com',
    'mcp.example.com/mcp',
    '//mcp.example.com/mcp',
    '/mcp',
    'HTTP://mcp.example.com/',
    'HTTPS://mcp.example.com/',
    'Https://mcp.example.com/',
    'ftp://mcp.example.com/',
    'file:///etc/passwd',
    'gopher://mcp.example.com/',
    'ws://mcp.example.com/',
    'wss://mcp.example.com/',
    'unix:///var/run/docker.sock',
    'javascript:alert(1)',
    'data:text/plain,x',
    'http:mcp.example.com/',
    'http:/mcp.example.com/',
    'https:\\\\mcp.example.com\\',
    'http',
    'http:',
    'http:/',
    'https+unix://x/',
    ' https://mcp.example.com/',
    '\thttps://mcp.example.com/',
    '\nhttps://mcp.example.com/',
    'ht\ntp://mcp.example.com/',
    'https ://mcp.example.com/',
    'view-source:http://mcp.example.com/',
    '\u0000https://mcp.example.com/',
  ]);

  describe('without a host', () => {
    denies('remote-url-syntax', [
      'http://',
      'https://',
      'http:///',
      'http:///mcp',
      'https:////localhost/',
      'http:///localhost/',
      'http://:8080/',
      'http://:80',
      'https://:443/mcp',
      'http://:/',
      'http://:',
      'http://?',
      'http://?x=1',
      'http://:0/',
      'http://:99999/',
    ]);
  });

  describe('with blanks, control characters, backslashes or a fragment', () => {
    denies('remote-url-syntax', [
      'https://mcp.example.com/a b',
      'https://mcp.example.com/ ',
      'https://mcp.example.com /',
      'https:// mcp.example.com/',
      'https://mcp.example.com/\t',
      'https://mcp.exa\tmple.com/',
      'https://mcp.example.com/\r\nHost: localhost',
      'https://mcp.example.com/\n',
      'https://mcp.example.com/\u0000',
      'https://mcp.example.com/\u007f',
      'https://mcp.example.com/\u0085',
      'https://mcp.example.com/\u00a0',
      'http://local\nhost/',
      'https://mcp.example.com\\@localhost/',
      'https://localhost\\.mcp.example.com/',
      'https:/\\localhost/',
      'https://\\localhost/',
      'https://mcp.example.com/a\\b',
      'https://mcp.example.com/#',
      'https://mcp.example.com/#fragment',
      'https://mcp.example.com#@localhost/',
      'https://localhost#.mcp.example.com/',
      'https://mcp.example.com/?a=b#c',
      'http://#',
      'http://#localhost',
    ]);
  });

  describe('with malformed escapes', () => {
    denies('remote-url-syntax', [
      'https://mcp.example.com/%',
      'https://mcp.example.com/%2',
      'https://mcp.example.com/%zz',
      'https://mcp.example.com/%2g',
      'https://mcp.example.com/100%',
      'https://mcp.example.com/%u0041',
      'https://mcp.example.com/%%41',
      'https://mcp.example.com/?q=%',
      'https://mcp.example.com/?q=100%25%',
      'https://mcp.example.com?%G0',
      'https://mcp.example.com/a/%-1/b',
    ]);
  });
});

describe('user information', () => {
  denies('remote-url-userinfo', [
    'https://u:p@mcp.example.com/',
    'https://u@mcp.example.com/',
    'https://:p@mcp.example.com/',
    'https://@mcp.example.com/',
    'https://:@mcp.example.com/',
    'https://u:p@mcp.example.com:8443/mcp',
    'https://a@b@mcp.example.com/',
    'https://@@mcp.example.com/',
    'https://u%40corp:p@mcp.example.com/',
    'https://[::1]@mcp.example.com/',
    'https://token@mcp.example.com?x=1',
    'https://user:pa/ss@mcp.example.com/',
    'https://user:pa?ss@mcp.example.com/',
  ]);

  it.each([
    ['https://u:p@localhost/', 'remote-url-blocked-host'],
    ['https://mcp.example.com@localhost/', 'remote-url-blocked-host'],
    ['https://mcp.example.com:443@localhost/', 'remote-url-blocked-host'],
    ['https://u:p@[::1]/', 'remote-url-blocked-address'],
    ['https://u:p@', 'remote-url-syntax'],
    ['https://@', 'remote-url-syntax'],
    ['https://@/', 'remote-url-syntax'],
    ['https://@?x', 'remote-url-syntax'],
    ['https://u:p@:80/', 'remote-url-syntax'],
  ])('does not hide what else is wrong with %j: %s', (url, rule) => {
    for (const allowPrivate of [false, true])
      expect(verdictOn(url, allowPrivate)).toEqual({ denied: ['remote-url-userinfo', rule], warned: [] });
  });
});

describe('ports', () => {
  denies(
    'remote-url-port',
    [
      ...['0', '00', '65536', '65537', '99999', '100000', '4294967376', '18446744073709551617'],
      ...[
        '080',
        '0443',
        '00080',
        '-1',
        '+80',
        '8o80',
        'abc',
        '0x50',
        '80a',
        '8.0',
        '1e3',
        '8_0',
        '80:80',
        ':80',
      ],
      ...['$PORT', '{port}', '80,443', '*'],
    ].map((port) => `https://mcp.example.com:${port}/mcp`),
  );

  it.each(['1', '80', '443', '8080', '8443', '65535', '9', ''])('takes the port %j', (port) => {
    expect(verdictOn(`https://mcp.example.com:${port}/mcp`)).toEqual({ denied: [], warned: [] });
    expect(verdictOn(`https://[2606:4700::1111]:${port}/mcp`)).toEqual({ denied: [], warned: [] });
  });
});

describe('host names', () => {
  const label63 = 'a'.repeat(63);
  denies('remote-url-host-name', [
    'https://-mcp.example.com/',
    'https://mcp-.example.com/',
    'https://mcp.-example.com/',
    'https://mcp.example-.com/',
    'https://-/',
    `https://${label63}a.example.com/`,
    `https://${label63}.${label63}.${label63}.${label63}/`,
    'https://mcp_*.example.com/',
    'https://*.example.com/',
    'https://mcp!example.com/',
    'https://mcp.example.com,localhost/',
    "https://mcp'example.com/",
    'https://mcp(example).com/',
    'https://mcp;example.com/',
    'https://mcp=example.com/',
    'https://mcp&example.com/',
    'https://mcp+example.com/',
    'https://mcp~example.com/',
    'https://$(HOST)/',
    'https://$HOST/',
    'https://{{host}}/',
    'https://<host>/',
    'https://mcp"example.com/',
    'https://mcp|example.com/',
    'https://mcp^example.com/',
    'https://mcp`example.com/',
  ]);

  it.each([
    `https://${label63}.example.com/`,
    `https://${label63}.${label63}.${label63}.${'a'.repeat(61)}/`,
    `https://${label63}.${label63}.${label63}.${'a'.repeat(61)}./`,
  ])('takes names of the greatest length', (url) => {
    expect(verdictOn(url)).toEqual({ denied: [], warned: [] });
  });
});

describe('what a message says of', () => {
  const digits = '1'.repeat(20);
  it.each<[url: string, part: string]>([
    ['https://h.example/a b', 'must not contain a blank; only'],
    ['https://h.example/a\\b', 'must not contain a backslash; only'],
    ['https://h.example/\t', 'must not contain the control character U+0009; only'],
    ['https://h.example/\u001f', 'the control character U+001F; only'],
    ['https://h.example/\u007f', 'the control character U+007F; only'],
    ['https://h.example/\u00e9', 'the non-ASCII character U+00E9; only'],
    ['https://h.example/\u{1f600}', 'the non-ASCII character U+1F600; only'],
    ['https://h.example/a\uff20', 'the non-ASCII character U+FF20; only'],
    ['https://h.example:0/', 'port "0" must be a decimal number'],
    [`https://h.example:${digits}/`, `port "${digits}" must be`],
    [`https://h.example:${digits}1/`, 'its port must be'],
    ['https://h.example:80a/', 'its port must be'],
    ['https://h.example:a80/', 'its port must be'],
    ['https://[::1/', 'the part after :// is not a host'],
    ['https://[zz]/', 'host "[zz]" is neither a DNS name nor an address'],
    ['https://127.0.0.1/', 'the vMCP Pod itself; use a public unicast address or a DNS name'],
    ['https://svc/', 'host "svc" is a Service in the namespace of this object'],
    ['https://mcp.apps.svc/', 'host "mcp.apps.svc" is a Service of this cluster'],
  ])('%j: %s', (url, part) => {
    const [problem] = judgeUrl(url, false, POLICY).problems;
    expect(problem?.detail).toContain(part);
  });

  it.each([
    ['0x100000000', 'remote-url-host-spelling'],
    ['a.0xff', 'remote-url-host-spelling'],
    ['1.2.3.4.5', 'remote-url-host-spelling'],
    ['[zz]', 'remote-url-host-spelling'],
    ['0x1<', 'remote-url-host-name'],
    ['1<2', 'remote-url-host-name'],
  ])('the unreadable host %s: %s', (host, rule) => {
    expect(verdictOn(`https://${host}/`).denied).toEqual([rule]);
  });
});

describe('what messages repeat of a URL', () => {
  it.each([
    'https://user:hunter2@mcp.example.com/',
    'https://hunter2@mcp.example.com/',
    'https://user:hunter2/x@mcp.example.com/',
    'https://user:hunter2?x@mcp.example.com/',
    'https://mcp.example.com/?token=hunter2%zz',
    'https://mcp.example.com:99999/?token=hunter2',
    'https://localhost/?token=hunter2',
    'https://mcp.example.com/?token=hunter2#x',
    'https://mcp.example.com/?token=hunter2 x',
  ])('is never the secret in %s', (url) => {
    const { problems } = judgeUrl(url, false, POLICY);
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });
});

describe('the length of a URL', () => {
  const start = 'https://h.example/';
  const long = (length: number, start: string, unit = 'a') => start.padEnd(length, unit);

  it.each([513, 7_999, 8_000])('may be %i', (length) => {
    expect(verdictOn(long(length, start))).toEqual({ denied: [], warned: [] });
    expect(verdictOn(long(length, `${start}?q=%41`))).toEqual({ denied: [], warned: [] });
  });

  it.each([8_001, 140_018, 1_000_000])('must not be %i', (length) => {
    for (const text of [
      start,
      `${start}?q=`,
      'https://u:p@h.example/',
      'https://',
      'a',
      'https://h.example/é',
    ])
      expect(verdictOn(long(length, text))).toEqual({ denied: ['remote-url-syntax'], warned: [] });
  });

  it('is told with the limit, and the URL is cut where it is shown', async () => {
    const outcome = await review({ object: entry({ remoteUrl: long(140_018, start) }) });
    expect(outcome).toMatchObject({
      kind: 'denied',
      causes: [
        {
          field: 'spec.remoteUrl',
          message: expect.stringMatching(
            /^Invalid value: "https:\/\/h\.example\/a{90,110}…": has 140018 characters, at most 8000 are allowed: .*; shorten the path or the query \[remote-url-syntax\]$/,
          ),
        },
      ],
    });
  });

  it('is looked at in every field that holds a URL', async () => {
    const url = long(8_001, start);
    const api = {
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      metadata: { name: 'x', namespace: 'default' },
    };
    const objects = [
      { ...api, kind: 'MCPRemoteProxy', spec: { remoteUrl: url } },
      { ...api, kind: 'VirtualMCPServer', spec: { config: { backends: [{ name: 'b', url }] } } },
      {
        ...api,
        kind: 'MCPExternalAuthConfig',
        spec: { type: 'tokenExchange', tokenExchange: { tokenUrl: url, audience: 'a' } },
      },
    ];
    for (const object of objects) {
      const outcome = await review({ object });
      expect(outcome.reasons, object.kind).toContain('remote-url-syntax');
    }
  });
});
