import { describe, expect, it } from 'vitest';
import { parseCidr } from '../../../../src/rules/url/addresses.ts';
import { POLICY, verdictOn } from './support.ts';

const url = (address: string) => `https://${address.includes(':') ? `[${address}]` : address}:8443/mcp`;

describe('ranges of a policy', () => {
  const policy = (blocked: string[], allowed: string[]) => {
    const ranges = (list: string[]) => list.map((text) => parseCidr(text)!);
    return { ...POLICY, blockedRanges: ranges(blocked), allowedRanges: ranges(allowed) };
  };

  it('open special and private ranges, also in their embedded forms', () => {
    const open = policy([], ['100.64.0.0/10', '10.1.0.0/16', 'fd12::/16']);
    for (const address of ['100.64.0.1', '10.1.2.3', 'fd12::1', '::ffff:10.1.2.3', '64:ff9b::a01:203'])
      expect(verdictOn(url(address), false, open)).toEqual({ denied: [], warned: [] });
    expect(verdictOn(url('10.2.0.1'), false, open).denied).toEqual(['remote-url-private']);
  });

  it('never open loopback, link-local or metadata addresses', () => {
    const open = policy([], ['0.0.0.0/0', '::/0']);
    for (const address of [
      ...['127.0.0.1', '0.0.0.0', '169.254.169.254', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
      ...['::', '::1', 'fe80::1', 'fd00:ec2::254', 'fd20:ce::254', '::ffff:127.0.0.1', '64:ff9b::7f00:1'],
      ...['::7f00:1', '::ffff:0:7f00:1', '2002:7f00:1::', '64:ff9b:1::7f00:1', '2001:0:7f00:1::'],
    ])
      expect(verdictOn(url(address), true, open).denied).toEqual(['remote-url-blocked-address']);
  });

  it('block public addresses before an allowance is looked at', () => {
    const closed = policy(['8.8.8.0/24', '2606:4700::/32'], ['8.0.0.0/8']);
    for (const address of ['8.8.8.8', '::ffff:8.8.8.8', '2606:4700::1'])
      expect(verdictOn(url(address), true, closed).denied).toEqual(['remote-url-policy']);
    expect(verdictOn(url('8.8.4.4'), true, closed).denied).toEqual([]);
  });
});
