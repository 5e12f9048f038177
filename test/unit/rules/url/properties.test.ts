import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeUrl } from '../../../../src/rules/url/judge.ts';
import { POLICY, verdictOn } from './support.ts';

const RUNS = { numRuns: 200 };

describe('the verdict on a URL', () => {
  const HOST = fc.oneof(
    fc.constantFrom(
      'localhost',
      'metadata',
      'mcp.example.com',
      'a.svc.cluster.local',
      '10.0.0.1',
      '127.0.0.1',
      '[::1]',
    ),
    fc.constantFrom(
      '[2606:4700::1111]',
      '1.nip.io',
      '203.0.113.1',
      'kubernetes.default',
      '2130706433',
      '0x7f.1',
      'x',
    ),
    fc.domain(),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6().map((address) => `[${address}]`),
  );
  const mixedCase = (text: string, bits: number) =>
    [...text].map((c, i) => ((bits >> (i % 30)) & 1 ? c.toUpperCase() : c)).join('');

  it('is the same for every way to write one URL', () => {
    fc.assert(
      fc.property(HOST, fc.boolean(), fc.integer(), fc.boolean(), (host, secure, bits, allowPrivate) => {
        const scheme = secure ? 'https' : 'http';
        const expected = verdictOn(`${scheme}://${host}/`, allowPrivate);
        for (const same of [host, `${host}:`, `${host}:${secure ? 443 : 80}`, mixedCase(host, bits)])
          for (const rest of ['', '/', '/mcp', '?x=1', '/?x=@', '//', '/a/../b', '/%41'])
            expect(verdictOn(`${scheme}://${same}${rest}`, allowPrivate)).toEqual(expected);
      }),
      { numRuns: 600 },
    );
  });

  it('is the same for a URL that needs no closer look and for one with an empty query, which gets it', () => {
    const label = fc.stringMatching(/^[a-z0-9-]{1,6}$/);
    const oddLabel = fc.constantFrom(
      'xn--a',
      'xn--bcher-kva',
      'a--b',
      '0x7f',
      '1',
      'a'.repeat(63),
      'a'.repeat(64),
    );
    const name = fc.array(fc.oneof({ weight: 2, arbitrary: label }, oddLabel), {
      minLength: 1,
      maxLength: 5,
    });
    const octet = fc.constantFrom(
      '0',
      '00',
      '1',
      '10',
      '010',
      '0x1',
      '99',
      '199',
      '249',
      '255',
      '256',
      '260',
      '',
    );
    const address = fc.array(octet, { minLength: 3, maxLength: 5 });
    const port = fc.constantFrom('', ':', ':0', ':1', ':080', ':8443', ':65535', ':65536');
    const path = fc.oneof(fc.constant(''), fc.stringMatching(/^\/[a-z.~/%@:-]{0,8}$/));
    fc.assert(
      fc.property(fc.oneof(name, address), port, path, fc.boolean(), (labels, at, rest, allowPrivate) => {
        const url = `https://${labels.join('.')}${at}${rest}`;
        expect(judgeUrl(url, allowPrivate, POLICY)).toEqual(judgeUrl(`${url}?`, allowPrivate, POLICY));
        const { endpoint } = judgeUrl(url, allowPrivate, POLICY);
        if (endpoint) expect(new URL(url).hostname).toBe(endpoint.host.text);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is the same for a name with one trailing dot', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.domain(), fc.constantFrom('localhost', 'metadata', 'a.cluster.local', 'x.nip.io')),
        (name) => {
          expect(verdictOn(`https://${name}./mcp`)).toEqual(verdictOn(`https://${name}/mcp`));
        },
      ),
      RUNS,
    );
  });

  it('never allows what WHATWG reads as a loopback, link-local or unspecified address', () => {
    const blocked =
      /^(?:(?:127|0)\.\d+\.\d+\.\d+$|169\.254\.\d+\.\d+$|\[::1?\]$|\[fe[89ab]|\[::ffff:(?:7f..|0|a9fe):)/;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          fc.string({ unit: 'binary' }),
          HOST.map((h) => `http://${h}`),
        ),
        (text) => {
          for (const url of [text, `http://${text}`, `http://${text}/mcp`]) {
            if (!URL.canParse(url)) {
              expect(verdictOn(url, true).denied, url).not.toEqual([]);
              continue;
            }
            const { hostname, protocol } = new URL(url);
            if (!/^https?:$/.test(protocol) || blocked.test(hostname) || /(^|\.)localhost\.?$/.test(hostname))
              expect(verdictOn(url, true).denied, url).not.toEqual([]);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('is the same whatever address an odd spelling means', () => {
    fc.assert(
      fc.property(fc.ipV4Extended(), (text) => {
        const plain = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/.test(text);
        if (!plain) expect(verdictOn(`http://${text}/`, true).denied).toEqual(['remote-url-host-spelling']);
      }),
      RUNS,
    );
  });
});
