import { describe, expect, it } from 'vitest';
import { verdictOn } from './support.ts';

/** Digits and letters that UTS-46 folds to ASCII. */
const full = (text: string) =>
  [...text]
    .map((c) => {
      const code = c.charCodeAt(0);
      return code > 0x20 && code < 0x7f ? String.fromCharCode(code + 0xfee0) : c;
    })
    .join('');
const circled = (text: string) =>
  text
    .replace(/[1-9]/g, (c) => String.fromCharCode(0x2460 + Number(c) - 1))
    .replaceAll('0', '\u24ea')
    .replace(/[a-z]/g, (c) => String.fromCharCode(0x24d0 + c.charCodeAt(0) - 97));
const mathBold = (text: string) =>
  text
    .replace(/[0-9]/g, (c) => String.fromCodePoint(0x1d7ce + Number(c)))
    .replace(/[a-z]/g, (c) => String.fromCodePoint(0x1d41a + c.charCodeAt(0) - 97));
const superscript = (text: string) =>
  text.replace(
    /[0-9]/g,
    (c) => '\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079'[Number(c)] ?? c,
  );

const FOLDED = [
  '127.0.0.1',
  '169.254.169.254',
  'localhost',
  'kubernetes',
  'metadata',
  '10.0.0.1',
  '2130706433',
]
  .flatMap((host) => [
    full(host),
    circled(host),
    mathBold(host),
    superscript(host),
    host.replaceAll('.', '\u3002'),
    host.replaceAll('.', '\uff0e'),
    host.replaceAll('.', '\uff61'),
    `${host.slice(0, 2)}\u00ad${host.slice(2)}`,
    `${host.slice(0, 2)}\u200b${host.slice(2)}`,
    `${host}\u200d`,
    `\ufeff${host}`,
    `\u2060${host}`,
    host.replace('s', '\u017f').replace('k', '\u212a'),
  ])
  .filter((host) => /[^\x20-\x7e]/.test(host));

describe('Unicode in URLs', () => {
  it.each([...new Set(FOLDED)])('denies the host %j, also as percent-escapes', (host) => {
    expect(verdictOn(`http://${host}/`, true).denied).toEqual(['remote-url-syntax']);
    const escaped = [...Buffer.from(host)]
      .map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `%${byte.toString(16)}`))
      .join('');
    expect(verdictOn(`http://${escaped}/`, true).denied).toEqual(['remote-url-host-spelling']);
  });

  it.each([
    'http://\u00ad/',
    'http://\u200b/',
    'http://\u200b:8080/mcp',
    'http://%c2%ad/',
    'http://%E2%80%8B/',
    'https://b\u00fccher.example/mcp',
    'https://mcp.ex\u0430mple.com/',
    'https://mcp.example.com/\u2028',
    'https://mcp.example.com/caf\u00e9',
    'https://mcp.example.com/?q=\u00e9',
    'https://mcp.example.com/\u202egpj',
    'https://mcp.example.com/\ud83d\ude00',
    'https://mcp.example.com/\ud800',
    'https://mcp\u2024example.com/',
    'https://mcp.example.com\u2215evil/',
    'https://mcp.example.com\uff0fevil/',
    'https://mcp.example.com\uff1a8080/',
    'https://mcp.example.com\uff20localhost/',
  ])('denies %j', (url) => {
    expect(verdictOn(url, true).denied).toHaveLength(1);
  });
});
