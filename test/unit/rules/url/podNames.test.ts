import { describe, expect, it } from 'vitest';
import { parseCidr } from '../../../../src/rules/url/addresses.ts';
import { judgeUrl } from '../../../../src/rules/url/judge.ts';
import { podAddresses } from '../../../../src/rules/url/podNames.ts';
import { POLICY, verdictOn } from './support.ts';

const ADDRESS = 'remote-url-blocked-address';
const PRIVATE = 'remote-url-private';

/** What may follow `pod`: the search list of a Pod completes the first, and a cluster domain can be any name. */
const DOMAINS = ['', '.', '.cluster.local', '.cluster.local.', '.corp.example', '.k8s'];
const names = (dashed: string) => DOMAINS.map((domain) => `${dashed}.default.pod${domain}`);

describe('Pod names that the DNS of the cluster answers with an address', () => {
  it.each([
    ...['127-0-0-1', '127-255-255-254', '0-0-0-0', '169-254-169-253', '169-254-170-23', '100-100-100-200'],
    ...['168-63-129-16', '192-0-0-192', '100-64-0-1', '198-18-0-1', '224-0-0-1', '255-255-255-255'],
    ...['127-0-0-01', '127-000-000-001', '169-254-169-254'],
    ...['0--1', '0-0-0-0-0-0-0-1', '0000--0001', '0--0', 'fe80--1', 'fd00-ec2--254', 'ff02--1', 'fec0--1'],
    ...['0--ffff-7f00-1', '0--ffff-a9fe-a9fe', '0-0-0-0-0-ffff-7f00-1', '64-ff9b--7f00-1', '2002-7f00-1--1'],
  ])('deny %s, also with allowPrivateEndpoint', (dashed) => {
    for (const host of names(dashed))
      for (const rest of ['', '/', ':8080/mcp', '/?x=1'])
        for (const allowPrivate of [false, true]) {
          const isPrivateName = host.includes('.cluster.local') && !allowPrivate;
          expect(verdictOn(`http://${host}${rest}`, allowPrivate), host + rest).toEqual({
            denied: isPrivateName ? [ADDRESS, PRIVATE] : [ADDRESS],
            warned: [],
          });
        }
  });

  it.each([
    '10-0-0-1',
    '172-16-5-4',
    '192-168-1-1',
    'fd00--1',
    'fc00-1--2',
    '0--ffff-a00-1',
    '64-ff9b--a00-1',
  ])('deny %s unless allowPrivateEndpoint is set', (dashed) => {
    for (const host of names(dashed)) {
      expect(verdictOn(`http://${host}:8080/mcp`), host).toEqual({ denied: [PRIVATE], warned: [] });
      expect(verdictOn(`http://${host}:8080/mcp`, true), host).toEqual({ denied: [], warned: [] });
    }
  });

  it.each(['8-8-8-8', '168-63-129-17', '2606-4700--1111', '0--ffff-808-808'])(
    'allow the public address %s, as far as its domain is allowed',
    (dashed) => {
      for (const domain of ['', '.', '.corp.example'])
        expect(verdictOn(`http://${dashed}.apps.pod${domain}/`)).toEqual({ denied: [], warned: [] });
      expect(verdictOn(`http://${dashed}.apps.pod.cluster.local/`).denied).toEqual([PRIVATE]);
      expect(verdictOn(`http://${dashed}.apps.pod.cluster.local/`, true).denied).toEqual([]);
    },
  );

  it('warn of an address for documentation, and of its domain beside it', () => {
    const documentation = 'remote-url-documentation';
    expect(verdictOn('http://203-0-113-7.apps.pod/')).toEqual({ denied: [], warned: [documentation] });
    expect(verdictOn('http://203-0-113-7.apps.pod.cluster.local/')).toEqual({
      denied: [PRIVATE],
      warned: [documentation],
    });
  });

  it.each([
    ...[
      '127-0-0-1.DEFAULT.Pod',
      '127-0-0-1.a.POD.Cluster.Local',
      'x.127-0-0-1.a.pod',
      '_h._tcp.127-0-0-1.a.pod',
    ],
    ...['8-8-8-8.127-0-0-1.pod.pod', '127-0-0-1.8-8-8-8.pod.pod', '127-0-0-1.pod.pod.pod'],
    ...['127-0-0-1.a.pod.b.pod.c', '127-0-0-1.a.pod.nip.io'],
  ])('are found in %s', (host) => {
    expect(verdictOn(`http://${host}/`, true).denied).toEqual([ADDRESS]);
  });

  it.each([
    ...['mcp.apps.pod', 'mcp-0.apps.pod', 'a-b-c-d.apps.pod', '1-2-3.apps.pod', '1-2-3-4-5.apps.pod'],
    ...[
      '127-0-0-256.apps.pod',
      '127-0-0-1-x.apps.pod',
      'x127-0-0-1.apps.pod',
      '127-0-0-1.pod',
      '127.pod.apps',
    ],
    ...['127-0-0-1.apps.pods', '127-0-0-1.apps.mypod', '127-0-0-1.a.b.pod', 'apps.pod'],
    ...[
      '127-0-0-1.example.com',
      '127-0-0-1.podman.io',
      'pod.pod.pod',
      'fe80-1.apps.pod',
      '7f000001.apps.pod',
    ],
    ...['0--1--2.apps.pod', '12345--1.apps.pod', 'mcp.pod.example.com', '127-0-0-1.pod.example.com'],
  ])('are not seen in %s', (host) => {
    expect(verdictOn(`https://${host}/mcp`)).toEqual({ denied: [], warned: [] });
  });

  it('leave other names of the cluster domain as they are', () => {
    expect(verdictOn('http://mcp.apps.pod.cluster.local/').denied).toEqual([PRIVATE]);
    expect(verdictOn('http://mcp.apps.pod.cluster.local/', true).denied).toEqual([]);
  });

  it('are judged as names too, so that no level of one rule opens what another one denies', () => {
    expect(verdictOn('http://127-0-0-1.default.pod.localhost/', true).denied).toEqual([
      ADDRESS,
      'remote-url-blocked-host',
    ]);
    expect(verdictOn('http://10-0-0-1.127-0-0-1.pod.pod/').denied).toEqual([PRIVATE, ADDRESS]);
    expect(verdictOn('http://127-0-0-1.a.pod.nip.io/')).toEqual({
      denied: [ADDRESS],
      warned: ['remote-url-wildcard-dns'],
    });
  });

  it('give the addresses in canonical form', () => {
    expect(podAddresses('010-0-0-01.apps.pod')).toEqual(['10.0.0.1']);
    expect(podAddresses('2001-0db8-0-0-0-0-0-1.apps.pod.cluster.local')).toEqual(['2001:db8::1']);
    expect(podAddresses('8-8-8-8.127-0-0-1.pod.pod')).toEqual(['8.8.8.8', '127.0.0.1']);
  });

  it('are explained as the address that they stand for', () => {
    const detailOf = (url: string) => judgeUrl(url, false, POLICY).problems.map(({ detail }) => detail);
    expect(detailOf('http://169-254-169-254.default.pod/latest/')).toEqual([
      'address 169.254.169.254, which the cluster\'s DNS answers for "169-254-169-254.default.pod", is link-local, where clouds serve instance metadata; use the name of a Service',
    ]);
    expect(detailOf('http://10-0-0-1.default.pod/')).toEqual([
      'address 10.0.0.1, which the cluster\'s DNS answers for "10-0-0-1.default.pod", is private (RFC 1918); set spec.allowPrivateEndpoint: true if that is intended',
    ]);
  });

  it('are opened and blocked by the ranges of a policy, and by its hosts only blocked', () => {
    const range = [parseCidr('100.64.0.0/10')!, parseCidr('10.1.0.0/16')!];
    const open = { ...POLICY, allowedRanges: range };
    for (const host of ['100-64-0-1.a.pod', '10-1-2-3.a.pod'])
      expect(verdictOn(`http://${host}/`, false, open).denied).toEqual([]);
    const closed = { ...POLICY, blockedRanges: range };
    for (const host of ['100-64-0-1.a.pod', '10-1-2-3.a.pod.cluster.local'])
      expect(verdictOn(`http://${host}/`, true, closed).denied).toEqual(['remote-url-policy']);
    const named = { ...POLICY, allowedHosts: ['*.pod', '*.cluster.local'] };
    expect(verdictOn('http://127-0-0-1.a.pod/', true, named).denied).toEqual([ADDRESS]);
    expect(verdictOn('http://10-0-0-1.a.pod.cluster.local/', false, named).denied).toEqual([PRIVATE]);
    expect(verdictOn('http://8-8-8-8.a.pod.cluster.local/', false, named).denied).toEqual([]);
    const blocked = { ...POLICY, blockedHosts: ['*.pod'] };
    expect(verdictOn('http://8-8-8-8.a.pod/', true, blocked).denied).toEqual(['remote-url-policy']);
  });
});
