import { describe, expect, it } from 'vitest';
import { unread } from '../../../src/doctor/api.ts';
import { CHECKS, type Phase } from '../../../src/doctor/checks.ts';
import type { Facts } from '../../../src/doctor/facts.ts';
import { makeAuthority } from '../../../src/x509/generate.ts';
import {
  absent,
  answer,
  authority,
  callFailed,
  complaints,
  deployment,
  found,
  HEALTHY,
  image,
  leaf,
  NOW,
  networkPolicy,
  pod,
  probe,
  right,
  shipped,
  slice,
  webhooks,
} from './facts.ts';

type Change = Parameters<typeof complaints>[0];
type Row = readonly [title: string, change: Change, expected: readonly (string | RegExp)[]];

const DAY = 86_400_000;
const validating = (change: (webhook: (typeof shipped.validating)[number]) => object, ca?: string) => ({
  validating: found({ webhooks: webhooks(shipped.validating, change, ca) }),
});
const mutating = (change: (webhook: (typeof shipped.mutating)[number]) => object, ca?: string) => ({
  mutating: found({ webhooks: webhooks(shipped.mutating, change, ca) }),
});
const only =
  (name: string, change: object) =>
  ({ name: is }: { readonly name: string }) =>
    is.startsWith(name) ? change : {};
const namespaceSelector = (operator: string, ...values: string[]) => ({
  namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator, values }] },
});
const pair = (chain: Awaited<ReturnType<typeof leaf>>[]) => ({
  installation: { pair: found({ chain, hasKey: true, keyMatches: true }) },
  served: absent,
});
const withSpec = (spec: object, status: object = { availableReplicas: 2 }) => ({
  deployment: found({ spec: { ...deployment.spec, ...spec }, status } as typeof deployment),
});

const otherCa = await makeAuthority({ commonName: 'another CA', now: NOW, days: 400 });
const oldCa = await makeAuthority({
  commonName: 'old CA',
  now: new Date(NOW.getTime() - 100 * DAY),
  days: 50,
});
const expired = await leaf({ now: new Date(NOW.getTime() - 100 * DAY), days: 90 });
const passed = probe(201);

function expectRows(rows: readonly Row[], phase: Phase = 'installed'): void {
  it.each(rows)('%s', (_, change, expected) => {
    const found = complaints(change, phase);
    expect(found).toHaveLength(expected.length);
    for (const [index, wanted] of expected.entries())
      if (typeof wanted === 'string') expect(found[index]).toBe(wanted);
      else expect(found[index]).toMatch(wanted);
  });
}

it.each(['installed', 'pre'] as const)('a healthy cluster has nothing to complain about (%s)', (phase) => {
  expect(complaints({}, phase)).toEqual([]);
});

describe('the proof', () => {
  expectRows([
    [
      'the configuration is missing',
      { entryProbe: passed, installation: { validating: absent } },
      [
        'failed entry-denied/not-registered: a bad MCPServerEntry passed, and the webhook was not asked: its configuration does not exist',
        /^failed validating-configuration: .* does not exist/,
      ],
    ],
    [
      'one webhook is missing',
      {
        entryProbe: passed,
        installation: { validating: found({ webhooks: webhooks(shipped.validating).slice(1) }) },
      },
      [
        /^failed entry-denied\/not-registered: .* has no webhook validate\.vmcp-admission\.dev$/,
        'failed validating-configuration: webhook validate.vmcp-admission.dev: it is missing',
      ],
    ],
    [
      'the rules lack entries',
      {
        entryProbe: passed,
        installation: validating(
          only('validate', {
            rules: [{ ...shipped.validating[0]?.rules?.[0], resources: ['mcpserverentry'] }],
          }),
        ),
      },
      [
        /^failed entry-denied\/drift: .* lack CREATE mcpserverentries \(v1beta1\)$/,
        /^failed validating-configuration: .* rules lack CREATE and UPDATE of mcpserverentries, .* and 11 more: the API server does not ask/,
        /^warning validating-configuration: .* rules have CREATE and UPDATE of mcpserverentry beside/,
      ],
    ],
    [
      'the namespace is left out',
      { entryProbe: passed, installation: validating(only('validate', namespaceSelector('In', 'prod'))) },
      [
        /^failed entry-denied\/drift: .* namespaceSelector of .* leaves out namespace default/,
        'note validating-configuration: webhook validate.vmcp-admission.dev: it is asked about namespace prod only',
      ],
    ],
    [
      'objects are left out',
      {
        podProbe: passed,
        installation: mutating(only('inject-self', { objectSelector: { matchLabels: { a: 'b' } } })),
      },
      [
        /^failed pod-refused\/drift: .* objectSelector of .* leaves it out$/,
        /^failed mutating-configuration: .* requires a=b; shipped is vmcp-admission\.dev\/inject=enabled$/,
      ],
    ],
    [
      'it fails open',
      {
        entryProbe: passed,
        installation: validating(({ failurePolicy }) => ({ failurePolicy: failurePolicy && 'Ignore' })),
      },
      [
        /^failed entry-denied\/fails-open: /,
        /^warning validating-configuration: webhooks validate\S+, guard-operator-made\S+, guard-self-managed\S+: its failurePolicy is Ignore/,
      ],
    ],
    [
      'a policy lets it pass',
      { entryProbe: passed },
      [/^failed entry-denied\/passed: .* a policy exempts namespace default/],
    ],
    [
      'it only warns',
      { entryProbe: probe(201, '', ['spec.remoteUrl: host is link-local [remote-url-blocked-address]']) },
      [/^warning entry-denied: .* let through with a warning of validate\.vmcp-admission\.dev/],
    ],
    [
      'a warning of another webhook is no proof',
      { entryProbe: probe(201, '', ['deprecated']) },
      [/^failed entry-denied\/passed/],
    ],
    [
      'another webhook denies first',
      { entryProbe: probe(403, 'admission webhook "policy.example" denied the request: no') },
      [/^unknown entry-denied: "policy\.example" denied a bad MCPServerEntry first/],
    ],
    [
      'another webhook fails',
      {
        podProbe: probe(
          500,
          'Internal error occurred: failed calling webhook "x.example": failed to call webhook: EOF',
        ),
      },
      [/^unknown pod-refused: "x\.example" failed for a vMCP Pod/],
    ],
    [
      'the caller may not create',
      {
        entryProbe: probe(
          403,
          'mcpserverentries.toolhive.stacklok.dev is forbidden: User "u" cannot create resource "mcpserverentries" in API group "toolhive.stacklok.dev" in the namespace "default"',
        ),
      },
      [
        'unknown entry-denied: a bad MCPServerEntry could not be tried in namespace default: you may not create mcpserverentries.toolhive.stacklok.dev in namespace default',
      ],
    ],
    [
      'the API server gave no answer',
      { entryProbe: unread('no answer') },
      [/^unknown entry-denied: .* no answer$/],
    ],
  ]);
});

describe('a call that fails tells its cause', () => {
  const CAUSES: readonly (readonly [reason: string, cause: string])[] = [
    ['dial tcp 10.96.0.9:443: connect: connection refused', 'refused'],
    ['no endpoints available for service "vmcp-admission"', 'no-endpoints'],
    ['service "vmcp-admission" not found', 'service-missing'],
    ['context deadline exceeded', 'time-out'],
    ['dial tcp 10.96.0.9:443: i/o timeout', 'time-out'],
    [
      'net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
      'time-out',
    ],
    ['dial tcp: lookup hooks.example on 10.96.0.10:53: no such host', 'name-not-resolved'],
    ['dial tcp: lookup hooks.example on 127.0.0.1:53: read: connection refused', 'name-not-resolved'],
    ['dial tcp: lookup hooks.example: i/o timeout', 'name-not-resolved'],
    ['tls: failed to verify certificate: x509: certificate signed by unknown authority', 'x509-unknown-ca'],
    [
      'tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time …',
      'x509-expired',
    ],
    ['tls: failed to verify certificate: x509: certificate is valid for a, not b', 'x509-name'],
    ['x509: certificate relies on legacy Common Name field, use SANs instead', 'x509-name'],
    ['remote error: tls: certificate required', 'client-certificate'],
    ['remote error: tls: unknown certificate authority', 'client-certificate'],
    ['remote error: tls: expired certificate', 'client-certificate'],
    ['a bearer token is required', 'client-certificate'],
    ['proxyconnect tcp: dial tcp 10.9.9.9:3128: connect: connection refused', 'api-server-proxy'],
    ['Gateway Timeout', 'api-server-proxy'],
    ['Gateway Time-out', 'api-server-proxy'],
    ['Service Unavailable', 'api-server-proxy'],
    ['Bad Gateway', 'api-server-proxy'],
    ['Forbidden', 'api-server-proxy'],
    ['Method Not Allowed', 'api-server-proxy'],
    ['Proxy Authentication Required', 'api-server-proxy'],
    ['Address is not allowed', 'address-not-allowed'],
    ['dial tcp 10.1.0.1:8443: connect: no route to host', 'not-routed'],
    ['dial tcp 203.0.113.9:443: connect: network is unreachable', 'not-routed'],
    ['dial tcp 10.1.0.1:8443: connect: permission denied', 'not-routed'],
    ['dial tcp 10.1.0.1:8443: connect: invalid argument', 'not-routed'],
    ['http: server gave HTTP response to HTTPS client', 'not-tls'],
    ['read tcp 10.0.0.1:1->10.0.0.2:2: read: connection reset by peer', 'not-tls'],
    ['EOF', 'not-tls'],
    ["vmcp-admission has not read the cluster's ToolHive objects yet: no complete copy", 'webhook-not-ready'],
    [
      'ConfigMap "cm" could not be read: no answer; vmcp-admission cannot decide about the Pod without it; try again',
      'webhook-not-ready',
    ],
    ['Namespace "team-b" is not among --namespaces of vmcp-admission, so it cannot know', 'not-followed'],
    ['internal error in vmcp-admission; see its log (uid 1)', 'webhook-error'],
  ];
  it.each(CAUSES)('%s: %s', (reason, cause) => {
    expect(complaints({ entryProbe: callFailed('validate', reason) })).toEqual([
      expect.stringMatching(new RegExp(`^failed entry-denied/${cause}: the API server cannot call validate`)),
    ]);
  });

  it('and shows what is not known, without the address before it', () => {
    expect(complaints({ podProbe: callFailed('inject-self-managed', 'moon in the wrong phase') })).toEqual([
      'failed pod-refused: the API server cannot call inject-self-managed.vmcp-admission.dev; it says: moon in the wrong phase',
    ]);
  });

  it('which the second dry run does not repeat', () => {
    const refused = 'dial tcp 10.96.0.9:443: connect: connection refused';
    const both = (second: string) =>
      complaints({
        entryProbe: callFailed('validate', refused),
        podProbe: callFailed('inject-self-managed', second),
      });
    expect(both(refused)[1]).toBe(
      'failed pod-refused/refused: the API server cannot call inject-self-managed.vmcp-admission.dev either, for the reason that entry-denied has',
    );
    expect(both('EOF')[1]).toMatch(/^failed pod-refused\/not-tls: .* it says: EOF$/);
  });

  it.each([
    [
      'a firewall that rejects looks like a closed port',
      { entryProbe: callFailed('validate', 'dial tcp 10.96.0.9:443: connect: connection refused') },
      /^failed entry-denied\/refused: .*; replicas are ready, so they listen on another port, or a NetworkPolicy or firewall rejects the packets; it says: /,
    ],
    [
      'a DNS server that is silent looks like a silent replica',
      {
        entryProbe: probe(
          500,
          'failed calling webhook "validate.vmcp-admission.dev": failed to call webhook: Post "https://hooks.example/validate?timeout=5s": context deadline exceeded',
        ),
      },
      /^failed entry-denied\/time-out: .*; hooks\.example is called by its URL, so a DNS server or a proxy may be what does not answer; it says: /,
    ],
    [
      'a replica ends the connection of a caller with a certificate of another CA',
      {
        entryProbe: callFailed('validate', 'EOF'),
        installation: withSpec({
          template: {
            spec: {
              containers: [{ name: 'webhook', image: 'x:1', args: ['serve', '--client-ca-file=/ca.crt'] }],
            },
          },
        }),
      },
      /^failed entry-denied\/client-certificate: /,
    ],
  ])('although %s', (_, change: Change, expected) => {
    expect(complaints(change)[0]).toMatch(expected);
  });

  it('and which side of the trust does not fit', async () => {
    const reason = 'x509: certificate signed by unknown authority';
    const [side, other] = complaints({
      entryProbe: callFailed('validate', reason),
      installation: validating(() => ({}), otherCa.cert),
    });
    expect(side).toContain('does not hold the CA of what the replicas serve (see trust); it says: x509');
    expect(other).toBe(
      'failed trust: webhooks validate.vmcp-admission.dev, groups.vmcp-admission.dev, guard-operator-made.vmcp-admission.dev and 1 more: the caBundle holds CN=another CA, and none of it signed the serving certificate, which CN=the CA issued',
    );
    const [late] = complaints({ entryProbe: callFailed('validate', reason) });
    expect(late).toContain('the caBundle fits the Secret, so the replicas still serve an older pair');
  });
});

describe('the registration', () => {
  const drift = (change: object) => ({ installation: validating(only('validate', change)) });
  expectRows([
    [
      'values of the chart are no drift',
      {
        installation: validating(() => ({
          timeoutSeconds: 9,
          ...namespaceSelector('NotIn', 'kube-system', 'vmcp-admission', 'sandbox'),
        })),
      },
      [],
    ],
    [
      'it is asked about its own namespace',
      drift({ namespaceSelector: {} }),
      [/^failed .* takes kube-system and vmcp-admission: while no replica answers/],
    ],
    [
      'all resources, and so no status',
      drift({ rules: [{ ...shipped.validating[0]?.rules?.[0], resources: ['*'] }] }),
      [
        /^failed .* rules lack CREATE and UPDATE of mcpserverentries\/status: the API server does not ask/,
        /^warning .* rules have CREATE and UPDATE of \* beside/,
      ],
    ],
    [
      'objects without a namespace only',
      drift({ rules: shipped.validating[0]?.rules?.map((rule) => ({ ...rule, scope: 'Cluster' })) }),
      [/^failed .* rules lack CREATE and UPDATE of mcpserverentries, /],
    ],
    [
      'AKS has added a requirement',
      drift({
        namespaceSelector: {
          matchExpressions: [
            {
              key: 'kubernetes.io/metadata.name',
              operator: 'NotIn',
              values: ['kube-system', 'vmcp-admission'],
            },
            { key: 'control-plane', operator: 'DoesNotExist' },
          ],
        },
      }),
      [/^warning .* also requires control-plane DoesNotExist; AKS adds/],
    ],
    [
      'validation is narrowed by labels',
      drift({ objectSelector: { matchLabels: { checked: 'yes' } } }),
      [/^warning .* requires checked=yes; shipped is none: other objects/],
    ],
    ['a condition is changed', drift({ matchConditions: [] }), [/^failed .* matchConditions differ/]],
    [
      'a field is changed',
      drift({ matchPolicy: 'Exact' }),
      [/^warning .* matchPolicy is Exact; shipped is Equivalent/],
    ],
    [
      'it calls a URL',
      drift({
        clientConfig: {
          url: 'https://hooks.example/validate',
          caBundle: Buffer.from(authority.cert).toString('base64'),
        },
      }),
      [/^warning .* calls hooks\.example, not the Service/],
    ],
    [
      'it calls another Service',
      drift({
        clientConfig: {
          service: { name: 'old', namespace: 'vmcp-admission', path: '/validate', port: 443 },
          caBundle: Buffer.from(authority.cert).toString('base64'),
        },
      }),
      [
        /^failed .* calls the Service vmcp-admission\/old:443\/validate; shipped is vmcp-admission\/vmcp-admission:443\/validate/,
      ],
    ],
    [
      'deletions wait for it',
      { installation: validating(only('groups', { failurePolicy: 'Fail' })) },
      [/^failed .* webhook groups\S+ its failurePolicy is Fail; shipped is Ignore/],
    ],
    [
      'there is a webhook more',
      {
        installation: {
          mutating: found({
            webhooks: [
              ...webhooks(shipped.mutating),
              { ...webhooks(shipped.mutating)[0], name: 'new.vmcp-admission.dev' },
            ],
          }),
        } as unknown as Partial<Facts['installation']>,
      },
      [/^warning mutating-configuration: webhook new\.vmcp-admission\.dev is not of version/],
    ],
  ]);
});

describe('the network', () => {
  expectRows([
    [
      'the Service is missing',
      { installation: { service: absent }, reached: absent },
      [/^failed service\/service-missing/, /^failed reachable\/service-missing/],
    ],
    [
      'the Service has another port and selector',
      { installation: { service: found({ spec: { ports: [{ port: 8443 }], selector: { app: 'x' } } }) } },
      [
        /^failed service: .* has no port 443, .* it has 8443$/,
        /^failed service: the selector .* does not match/,
      ],
    ],
    [
      'no endpoint is ready',
      { installation: { endpoints: found([slice(['10.1.0.1'], 8443, false)]) } },
      [/^failed endpoints\/no-endpoints/],
    ],
    [
      'the proxy is refused',
      {
        reached: found(
          answer(503, 'error trying to reach service: dial tcp 10.1.0.1:8443: connect: connection refused'),
        ),
      },
      [/^failed reachable\/refused: .* connection refused$/],
    ],
    [
      'the proxy waits in vain',
      { reached: found(answer(503, 'error trying to reach service: dial tcp 10.1.0.1:8443: i/o timeout')) },
      [/^failed reachable\/time-out/],
    ],
    [
      'the proxy finds no endpoints',
      { reached: found(answer(404, 'services "vmcp-admission" not found')) },
      [/^failed reachable\/no-endpoints/],
    ],
    [
      'a replica that wants certificates was reached',
      {
        reached: found(answer(502, 'error trying to reach service: remote error: tls: certificate required')),
      },
      [],
    ],
    [
      'no policy lets reviews in',
      { installation: { networkPolicies: found([{ spec: { ...networkPolicy.spec, ingress: [] } }]) } },
      [/^failed network-policy: no NetworkPolicy lets anything reach port 8443/],
    ],
    [
      'no policy lets the API server be read',
      { cluster: { apiServers: found([slice(['10.0.0.1'], 8443)]) } },
      [/^failed network-policy: .* reach the API server at 10\.0\.0\.1 port 8443$/],
    ],
    [
      'the API server is not among the addresses',
      {
        installation: {
          networkPolicies: found([
            {
              spec: {
                ...networkPolicy.spec,
                ingress: [{ from: [{ ipBlock: { cidr: '10.2.0.0/16' } }], ports: [{ port: 'webhook' }] }],
              },
            },
          ]),
        } as unknown as Partial<Facts['installation']>,
      },
      [/^warning network-policy: .* API server's 10\.0\.0\.1 are not among them/],
    ],
    [
      'the API server is taken out of the addresses',
      {
        installation: {
          networkPolicies: found([
            {
              spec: {
                ...networkPolicy.spec,
                ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }] }],
              },
            },
          ]),
        } as unknown as Partial<Facts['installation']>,
      },
      [/^warning network-policy: .* API server's 10\.0\.0\.1 are not among them/],
    ],
    [
      'the API server is among the addresses',
      {
        installation: {
          networkPolicies: found([
            {
              spec: {
                ...networkPolicy.spec,
                ingress: [
                  {
                    from: [{ ipBlock: { cidr: 'fd00::/8' } }, { ipBlock: { cidr: '10.0.0.0/24' } }],
                    ports: [{ port: 8000, endPort: 9000 }],
                  },
                ],
              },
            },
          ]),
        } as unknown as Partial<Facts['installation']>,
      },
      [],
    ],
    [
      'a policy of other Pods says nothing',
      {
        installation: {
          networkPolicies: found([{ spec: { podSelector: { matchLabels: { app: 'x' } }, ingress: [] } }]),
        },
      },
      [],
    ],
  ]);
});

describe('the certificates', async () => {
  expectRows([
    [
      'no caBundle',
      { installation: { ...validating(() => ({}), ''), ...mutating(() => ({}), '') } },
      [
        /^failed ca-bundle: the caBundle of every webhook holds no certificate/,
        /^unknown trust: there is no caBundle/,
      ],
    ],
    [
      'one caBundle is empty',
      { installation: mutating(() => ({}), '') },
      [/^failed ca-bundle: the caBundle of inject-operator-made\S+, inject-self-managed\S+ holds no/],
    ],
    [
      'another CA',
      { installation: mutating(() => ({}), otherCa.cert) },
      [
        /^failed trust: webhooks inject-operator-made\S+, inject-self-managed\S+: the caBundle holds CN=another CA, and none/,
      ],
    ],
    [
      'several CAs, one of which is right',
      { installation: mutating(() => ({}), otherCa.cert + authority.cert) },
      [],
    ],
    [
      'the CA is too old',
      {
        installation: { ...validating(() => ({}), oldCa.cert), ...mutating(() => ({}), oldCa.cert) },
        served: absent,
      },
      [
        /^failed ca-bundle: every CA in the caBundle of validate/,
        ...Array.from({ length: 5 }, () => /^failed ca-bundle/),
        /^failed trust/,
      ],
    ],
    [
      'the certificate is too old',
      pair([expired]),
      [/^failed serving-certificate: the certificate in Secret vmcp-admission-tls expired on 2026-11-18$/],
    ],
    [
      'the certificate ends soon',
      pair([await leaf({ days: 9 })]),
      [/^warning serving-certificate: .* ends on 2026-12-07, in 9 days, and was not renewed$/],
    ],
    [
      'the certificate is of tomorrow',
      pair([await leaf({ now: new Date(NOW.getTime() + 2 * DAY) })]),
      [/^failed serving-certificate: .* is not valid yet$/],
    ],
    [
      'the name is another',
      pair([await leaf({ names: ['vmcp.example'] })]),
      [
        /^failed certificate-names: the serving certificate is for DNS:vmcp\.example, and the API server calls vmcp-admission\.vmcp-admission\.svc$/,
      ],
    ],
    [
      'the key is another',
      {
        installation: { pair: found({ chain: [await leaf()], hasKey: true, keyMatches: false }) },
        served: absent,
      },
      [/^failed serving-certificate: tls\.key of Secret vmcp-admission-tls belongs to another/],
    ],
    [
      'the Secret is empty',
      { installation: { pair: found({ chain: [], hasKey: false, keyMatches: false }) }, served: absent },
      [/^failed serving-certificate: .* no usable/, /^unknown certificate-names/, /^unknown trust/],
    ],
    [
      'there is no Secret',
      { installation: { pair: absent }, served: absent },
      [
        /^failed serving-certificate: Secret vmcp-admission-tls does not exist: no replica can start$/,
        /^unknown certificate-names/,
        /^unknown trust/,
      ],
    ],
    [
      'replicas serve an older pair',
      { served: found([await leaf({ days: 60 })]) },
      [/^warning served-pair: .* older certificate than the Secret/],
    ],
    [
      'what is served is enough when the Secret may not be read',
      { installation: { pair: unread('you may not get secrets') } },
      [],
    ],
    [
      'the Service cannot be dialled',
      { served: unread('ECONNREFUSED') },
      ['unknown served-pair: the Service cannot be connected to from here: ECONNREFUSED'],
    ],
  ]);
});

describe('the replicas', () => {
  const notReady = pod('one', 'node1', false, {
    containerStatuses: [
      { ready: false, state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } } },
    ],
  });
  expectRows([
    [
      'there is no Deployment',
      { installation: { deployment: absent } },
      [/^unknown network-policy/, /^failed deployment: .* does not exist/, /^failed image-version/],
    ],
    [
      'it is scaled to 0',
      { installation: withSpec({ replicas: 0 }, {}) },
      [/^failed deployment: .* is scaled to 0/],
    ],
    [
      'none is available',
      {
        installation: { ...withSpec({}, { availableReplicas: 0 }), pods: found([notReady]) } as Partial<
          Facts['installation']
        >,
      },
      [/^failed deployment: 0 of 2 replicas of .* are available: one ImagePullBackOff: not found$/],
    ],
    [
      'they end again and again',
      {
        installation: {
          ...withSpec({}, { availableReplicas: 0 }),
          pods: found([
            pod('one', 'node1', false, {
              containerStatuses: [{ ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
            }),
          ]),
        },
      },
      [
        /^failed deployment: .* are available: one CrashLoopBackOff; why: kubectl -n vmcp-admission logs one --previous$/,
      ],
    ],
    [
      'one says why it is not ready',
      {
        installation: {
          ...withSpec({}, { availableReplicas: 1 }),
          pods: found([pod('one', 'node1'), pod('two', 'node2', false)]),
        },
        notReady: { two: found(['[-]catalog failed: no complete copy yet']) },
      },
      [
        /^warning deployment: 1 of 2 .* two says \[-\]catalog failed: no complete copy yet$/,
        /^warning replicas: only one replica is ready/,
      ],
    ],
    [
      'all run on one node',
      { installation: { pods: found([pod('one', 'n'), pod('two', 'n')]) } },
      [/^warning replicas: all 2 replicas run on one node/],
    ],
    [
      'another version runs',
      { version: '9.9.9' },
      [/^warning image-version: the replicas run 0\.1\.0 and this is doctor of 9\.9\.9/],
    ],
    [
      'a right is missing',
      { accountRights: found([right('list', 'mcpgroups', false), right('get', 'mcpservers', true)]) },
      [
        /^failed account-rights: the ServiceAccount of .* may not list mcpgroups\.toolhive\.stacklok\.dev; apply/,
      ],
    ],
    [
      'rights may not be asked about',
      { accountRights: unread('you may not create subjectaccessreviews') },
      [/^unknown account-rights: .* you may not create subjectaccessreviews$/],
    ],
  ]);
});

describe('ToolHive and the cluster', () => {
  const without = (...missing: string[]) =>
    found([
      {
        version: 'v1beta1',
        resources: Object.values(shipped.rights[0]?.resources ?? []).filter((one) => !missing.includes(one)),
      },
    ]);
  expectRows([
    ['no CRDs', { cluster: { toolhive: absent } }, [/^failed toolhive-crds: .* install ToolHive's CRDs$/]],
    [
      'old CRDs',
      { cluster: { toolhive: found([{ version: 'v1alpha1', resources: [] }]) } },
      [/^failed toolhive-crds: .* serve v1alpha1, and the webhook reads v1beta1/],
    ],
    [
      'no entries',
      { cluster: { toolhive: without('mcpserverentries') } },
      [/^failed toolhive-crds: .* lack MCPServerEntry/],
    ],
    [
      'a kind less',
      { cluster: { toolhive: without('mcpauthzconfigs') } },
      [/^warning toolhive-crds: .* lack MCPAuthzConfig; these count as empty lists/],
    ],
    [
      'vMCPs of another release',
      { cluster: { vmcps: found([image('mirror.example/stacklok/toolhive/vmcp:v0.44.0')]) } },
      [/^warning toolhive-version: the operator is v0\.47 and some vMCPs run v0\.44/],
    ],
    [
      'an operator that is newer than what was tried',
      {
        cluster: {
          operators: found([image('ghcr.io/stacklok/toolhive/operator:v0.63.0')]),
          vmcps: found([]),
        },
      },
      ['note toolhive-version: the rules were tried with ToolHive v0.44 to v0.47, and the operator is v0.63'],
    ],
    ['no operator is found', { cluster: { operators: found([]) } }, [/^unknown toolhive-version/]],
    [
      'Kubernetes is too old',
      { cluster: { version: found({ gitVersion: 'v1.29.4-gke.1' }) } },
      [/^failed kubernetes-version: .* v1\.29\.4-gke\.1 is older than 1\.30/],
    ],
  ]);

  it('compares the setting --toolhive-version with the operator', () => {
    const containers = shipped.pod.containers.map((one) => ({
      ...one,
      image: 'vmcp-admission:0.1.0',
      args: [...(one.args ?? []), '--toolhive-version=v0.44.0'],
    }));
    const template = { ...deployment.spec?.template, spec: { ...shipped.pod, containers } };
    expect(complaints({ installation: withSpec({ template }) })).toEqual([
      'warning toolhive-version: --toolhive-version says v0.44, and the operator is v0.47',
    ]);
  });
});

describe('before the installation', () => {
  expectRows(
    [
      [
        'rights are missing',
        { callerRights: found([right('create', 'clusterroles', false)]) },
        [/^failed caller-rights: your user may not create clusterroles/],
      ],
      [
        'the namespace takes no such Pods',
        { installProbe: probe(403, 'pods "x" is forbidden: violates PodSecurity') },
        [/^failed pod-allowed: .* violates PodSecurity$/],
      ],
      [
        'Pods may not be tried',
        {
          installProbe: probe(
            403,
            'pods is forbidden: User "u" cannot create resource "pods" in API group "" in the namespace "x"',
          ),
        },
        [/^unknown pod-allowed: .* you may not create pods in namespace x$/],
      ],
      [
        'a configuration was left behind',
        { installation: { deployment: absent } },
        [/^failed leftovers: .* doctor recover$/],
      ],
      [
        'no cert-manager',
        { cluster: { certManager: absent } },
        [/^warning cert-manager: cert-manager is not installed/],
      ],
      [
        'an old cert-manager',
        { cluster: { caInjectors: found([image('cainjector:v1.17.2')]) } },
        [/^warning cert-manager: cert-manager v1\.17\.2 is older than 1\.18/],
      ],
      [
        'its injector is down',
        { cluster: { caInjectors: found([{ ...image('x:v1.20.0'), status: {} }]) } },
        [/^failed cert-manager: .* nothing would write the caBundle/],
      ],
      [
        'a managed platform',
        { cluster: { nodes: found([{ metadata: { labels: { 'cloud.google.com/gke-nodepool': 'x' } } }]) } },
        [/^note platform: GKE: a private cluster lets/],
      ],
    ],
    'pre',
  );
});

it('nothing that may be read is unknown, and never failed', () => {
  const nothing = Object.fromEntries(
    Object.keys(HEALTHY.installation).map((key) => [key, unread('no right')]),
  ) as unknown as Facts['installation'];
  const cluster = Object.fromEntries(
    Object.keys(HEALTHY.cluster).map((key) => [key, unread('no right')]),
  ) as unknown as Facts['cluster'];
  const blind = unread('no right');
  const probes = { entryProbe: blind, podProbe: blind, installProbe: blind };
  const others = { served: absent, reached: blind, accountRights: blind, callerRights: blind };
  const change = { installation: { ...nothing, secretName: 's' }, cluster, ...probes, ...others };
  for (const phase of ['pre', 'installed'] as const)
    for (const text of complaints(change, phase)) expect(text).toMatch(/^unknown /);
  expect(complaints(change).length + complaints(change, 'pre').length).toBeGreaterThan(
    Object.keys(CHECKS).length - 3,
  );
});
