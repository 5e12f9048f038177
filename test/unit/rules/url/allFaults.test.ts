import { describe, expect, it } from 'vitest';
import { judgeUrl } from '../../../../src/rules/url/judge.ts';
import { POLICY } from './support.ts';

const SYNTAX = 'remote-url-syntax';
const USERINFO = 'remote-url-userinfo';
const PORT = 'remote-url-port';
const HOST = 'remote-url-blocked-host';
const ADDRESS = 'remote-url-blocked-address';
const SPELLING = 'remote-url-host-spelling';
const NAME = 'remote-url-host-name';
const PRIVATE = 'remote-url-private';

const rulesOf = (url: string) => judgeUrl(url, false, POLICY).problems.map(({ rule }) => rule);

describe('a URL with several mistakes', () => {
  it.each<[url: string, rules: readonly string[]]>([
    ['https://u:p@localhost:99999/mcp#x', [SYNTAX, USERINFO, PORT, HOST]],
    ['http://localhost:99999/mcp', [PORT, HOST]],
    ['http://localhost:/mcp#x', [SYNTAX, HOST]],
    ['http://127.0.0.1:0/', [PORT, ADDRESS]],
    ['http://[::1]:080/', [PORT, ADDRESS]],
    ['http://10.0.0.1:99999/', [PORT, PRIVATE]],
    ['http://203.0.113.7:99999/', [PORT, 'remote-url-documentation']],
    ['http://127-0-0-1.default.pod:99999/', [PORT, ADDRESS]],
    ['https://u:p@mcp.example.com:99999/', [USERINFO, PORT]],
    ['https://u@2130706433/', [USERINFO, SPELLING]],
    ['https://u@mcp..example.com:x/', [USERINFO, PORT, SPELLING]],
    ['https://mcp_*.example.com:x/', [PORT, NAME]],
    ['https://u:p@loc%61lhost/', [USERINFO, SPELLING]],
    ['https://u:p@:80/', [USERINFO, SYNTAX]],
    ['https://@/', [USERINFO, SYNTAX]],
    ['https://u%40corp:p@localhost/', [USERINFO, HOST]],
    ['https://localhost/%zz', [SYNTAX, HOST]],
    ['https://loc%61lhost/%zz', [SPELLING, SYNTAX]],
    ['https://localhost/%zz#x', [SYNTAX, SYNTAX, HOST]],
    ['https://mcp.example.com/#%zz', [SYNTAX]],
    ['https://localhost:0/a b', [SYNTAX, PORT, HOST]],
    ['https://localhost/a\\b', [SYNTAX, HOST]],
    ['https://localhost?a=\u00e9#b', [SYNTAX, SYNTAX, HOST]],
    ['HTTP://localhost:0/', [SYNTAX, PORT, HOST]],
    ['Https://u@mcp.example.com/', [SYNTAX, USERINFO]],
  ])('%j is told about each of them', (url, rules) => {
    expect(rulesOf(url)).toEqual(rules);
  });

  it.each<[url: string, rules: readonly string[], why: string]>([
    ['ftp://u:p@localhost:99999/#x', [SYNTAX], 'another scheme'],
    ['http:/localhost:99999/#x', [SYNTAX], 'no authority'],
    [' https://localhost:99999/#x', [SYNTAX], 'a blank before the scheme'],
    ['https://mcp.example.com\\@localhost:99999/', [SYNTAX], 'a backslash, for some a slash'],
    ['https://u:p\u00e9@localhost:99999/', [SYNTAX], 'a non-ASCII character before the path'],
    ['https://local\thost:99999/', [SYNTAX], 'a tab, which some parsers drop'],
    ['https://mcp.example.com#@localhost:99999/', [SYNTAX], 'a fragment right behind the host'],
    ['https://localhost:99999#x', [SYNTAX], 'the same behind a port'],
    ['https://u:pa/ss@localhost:99999/', [USERINFO], 'a slash in a password'],
    ['https://u:p@h:pa/ss@localhost/', [USERINFO], 'a slash in a password with an at sign'],
    ['https://u:pa?ss@localhost:99999/#x', [SYNTAX, USERINFO], 'a question mark in a password'],
    ['https://a@b@localhost:99999/', [USERINFO], 'two at signs'],
    ['https://localhost%2f:99999/', [SPELLING], 'an escape in the host'],
    ['http://::1/', [SYNTAX], 'no brackets'],
    ['http://2606:4700::1111/', [PORT], 'no brackets'],
    ['http://127.0.0.1:80:80/', [PORT], 'two ports'],
    ['http://[::1]x:99999/', [SYNTAX], 'a text after the bracket'],
    ['http://:99999/', [SYNTAX], 'no host'],
  ])('%j is told only what is certain: %j (%s)', (url, rules) => {
    expect(rulesOf(url)).toEqual(rules);
  });

  it('gets one sentence for each, so that each has an identity of its own', () => {
    for (const url of ['https://u:p@localhost:99999/%zz\u00e9#x', 'HTTP://u@2130706433:x/ #%'])
      expect(new Set(judgeUrl(url, false, POLICY).problems.map(({ detail }) => detail)).size).toBe(
        rulesOf(url).length,
      );
  });

  it('has no endpoint', () => {
    expect(judgeUrl('https://mcp.example.com:0/', false, POLICY).endpoint).toBeUndefined();
    expect(judgeUrl('https://localhost/', false, POLICY).endpoint).toBeDefined();
  });
});
