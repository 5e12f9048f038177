import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultPolicy } from '../../../../src/rules/policy/policy.ts';
import { checkUrl } from '../../../../src/rules/url/checkUrl.ts';
import { lastSign, shownUrl } from '../../../../src/rules/url/shown.ts';

const POLICY = defaultPolicy().url;
/** All that the findings about a URL hold. */
const said = (url: string) => JSON.stringify(checkUrl('spec.remoteUrl', url, false, POLICY));

describe('a URL as messages show it', () => {
  it.each<[url: string, shown: string]>([
    ['https://mcp.example.com/mcp', 'https://mcp.example.com/mcp'],
    ['https://mcp.example.com:99999/a%41', 'https://mcp.example.com:99999/a%41'],
    ['https://mcp.example.com/mcp?token=x', 'https://mcp.example.com/mcp?…'],
    ['https://mcp.example.com/mcp#token', 'https://mcp.example.com/mcp?…'],
    ['mcp.example.com', 'mcp.example.com'],
    ['mcp.example.com:8080/mcp', 'mcp.example.com:8080/mcp'],
    ['https://[fd00::7]:8443/mcp', 'https://[fd00::7]:8443/mcp'],
    ['https://user:hunter2', 'https://user:…'],
    ['https://user:hunter2/mcp', 'https://user:…/mcp'],
    ['https://user:123456789012/mcp', 'https://user:…/mcp'],
    ['user:hunter2', 'user:…'],
    ['https://mcp.example.com/s/sk-live-4f9a8b7c6d5e/mcp', 'https://mcp.example.com/s/…/mcp'],
    ['https://mcp.example.com/0123456789abcdef0123456789abcdef', 'https://mcp.example.com/…'],
    ['https://mcp.example.com/s/6f9619ff-8b86-d011-b42d-00cf4fc964ff/mcp', 'https://mcp.example.com/s/…/mcp'],
    ['https://mcp.example.com/t/eyJhbGciOiJIUzI1NiJ9.e30.c2ln/sse', 'https://mcp.example.com/t/…/sse'],
    ['https://mcp.example.com/v1alpha1/streamable-http', 'https://mcp.example.com/v1alpha1/streamable-http'],
    ['sk-live-4f9a8b7c6d5e', '…'],
    ['', ''],
    ['?token=x', '?…'],
    ['#token', '?…'],
    ['https://u:p@h.example/mcp', 'https://…@h.example/mcp'],
    ['https://u:p@h.example/mcp?token=x', 'https://…@h.example/mcp?…'],
    ['https://u@v@h.example/', 'https://…@h.example/'],
    ['https://u:12345678/x@h', 'https://…@h'],
    ['https://12345678/x@h', 'https://…@h'],
    ['https://u:p%40h/', 'https://…%40h/'],
    ['https://u:p%2540h/', 'https://…%2540h/'],
    ['https://u:p%40ss\uff20h/', 'https://…\uff20h/'],
    ['https://u:p\ufe6bh/', 'https://…\ufe6bh/'],
    ['https://u:p%ef%bc%a0h/', 'https://…%ef%bc%a0h/'],
    ['https://u:p?x@h/', 'https://…'],
    ['https://u:p#x@h/', 'https://…'],
    ['https://u:p@h/?mail=a%40b', 'https://…'],
    ['HTTPS://u:p@h/', 'HTTPS://…@h/'],
    ['https:u:p@h/', 'https:…@h/'],
    ['https:\\\\u:p@h\\', 'https:…@h\\'],
    ['https:/\\u:p@h', 'https:…@h'],
    ['ftp://u:p@h/', '…@h/'],
    ['secret://p@h/', '…@h/'],
    [' https://u:p@h/', '…@h/'],
    ['u:p@h', '…@h'],
    ['@', '…@'],
  ])('%j is %j', (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });

  it('is cut to 120 characters', () => {
    expect(shownUrl(`https://h/${'a'.repeat(500)}`)).toHaveLength(121);
    expect(shownUrl(`https://u@${'a'.repeat(500)}`)).toHaveLength(121);
    const longest = `https://h/${'a'.repeat(110)}`;
    expect(shownUrl(longest)).toBe(longest);
    expect(shownUrl(`${longest}a`)).toBe(`${longest}…`);
  });

  it('has its last sign found, however it is written', () => {
    expect(lastSign('https://h/')).toBe(-1);
    expect(lastSign('a%40b@c')).toBe(5);
    expect(lastSign('a@b%40c')).toBe(3);
    expect(lastSign('a%41%4')).toBe(-1);
  });
});

const SIGNS = ['@', '%40', '%2540', '\uff20', '\ufe6b', '%EF%BC%A0', '%ef%b9%ab'];

describe('a password', () => {
  const SECRET = 'CANARY';
  it.each(
    SIGNS.flatMap((sign) => [
      `https://u:${SECRET}${sign}h/`,
      `https://${SECRET}${sign}localhost:99999/`,
      `https://u:${SECRET}${sign}localhost/?x#y`,
      `https://u:p${sign}${SECRET}${sign}h/`,
      `https://u:${SECRET}/x${sign}h/`,
      `https://u:${SECRET}?x${sign}h/`,
      `https://u:${SECRET}#x${sign}h/`,
      `https://u:12/${SECRET}${sign}h/`,
      `https://u:${SECRET}\\x${sign}h/`,
      `https://u:${SECRET} x${sign}h/`,
      `https://${SECRET}*/x${sign}h/`,
      `https://${SECRET}../x${sign}h/`,
      `https://xn--${SECRET}/x${sign}h/`,
      `https://[${SECRET}]/x${sign}h/`,
      `https://${SECRET}.localhost/x${sign}h/`,
      `https://${SECRET}.cluster.local/x${sign}h/`,
      `https://${SECRET}.nip.io/x${sign}h/`,
      `https://${SECRET}.127-0-0-1.a.pod/x${sign}h/`,
      `https:${SECRET}${sign}h/`,
      `https:\\\\u:${SECRET}${sign}h/`,
      `https:///u:${SECRET}${sign}h/`,
      `//u:${SECRET}${sign}h/`,
      `${SECRET}://u${sign}h/`,
    ]),
  )('is in no message about %j', (url) => {
    // Hosts are told in lower case.
    expect(said(url).toLowerCase()).not.toContain(SECRET.toLowerCase());
  });

  it.each([
    ['https://u:12345678/x@h', '12345678'],
    ['https://12345678/x@h', '12345678'],
    ['https://12345678/x@h', '0.188.97.78'],
    ['https://10.20.30.40:0/x@h', '10.20.30.40'],
    ['https://[fd00::77]/x%40h', 'fd00::77'],
    ['https://p\u00e4ss@h/', '00E4'],
    ['https://1.2.3.4.5/x@h', '1.2.3.4.5'],
  ])('%j is not repeated as %j', (url, secret) => {
    expect(said(url)).not.toBe('[]');
    expect(said(url)).not.toContain(secret);
  });

  it('is in no message, wherever it stands before a sign', () => {
    const part = fc.constantFrom(
      ...['://', ':', '//', '/', '\\', '#', '?', '[', ']', '.', '%', ' ', '\t', '\u00e9', '*', '-'],
      ...['localhost', '127.0.0.1', 'cluster.local', '2130706433', '99999', 'u', ...SIGNS],
    );
    const parts = fc.array(part, { maxLength: 5 }).map((list) => list.join(''));
    const scheme = fc.constantFrom('https://', 'http://', 'HTTP://', 'https:', '', 'ftp://');
    fc.assert(
      fc.property(scheme, parts, parts, fc.constantFrom(...SIGNS), parts, (start, a, b, sign, c) => {
        expect(said(`${start}${a}${SECRET}${b}${sign}${c}`).toLowerCase()).not.toContain('canary');
      }),
      { numRuns: 3_000 },
    );
  });

  it('does not keep the parts behind it from being named', () => {
    expect(said('https://u:p@localhost:99999/')).toContain('host \\"localhost\\"');
    expect(said('https://u:p@localhost:99999/')).toContain('port \\"99999\\"');
  });

  it('leaves a message that can be understood', () => {
    const details = (url: string) =>
      checkUrl('spec.remoteUrl', url, false, POLICY).map(({ message }) => message);
    expect(details('https://u.example:12345678/x@h')).toEqual([
      'Invalid value: "https://…@h": its port must be a decimal number from 1 to 65535 without leading zeros',
    ]);
    expect(details('https://localhost/@scope/mcp')).toEqual([
      'Invalid value: "https://…@scope/mcp": its host is the vMCP Pod itself; use the name of the remote MCP server',
    ]);
    expect(details('https://10.0.0.1/@scope')).toEqual([
      'Invalid value: "https://…@scope": its address is private (RFC 1918); set spec.allowPrivateEndpoint: true if that is intended',
    ]);
  });
});
