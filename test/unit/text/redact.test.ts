import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksSecret, redacted } from '../../../src/text/redact.ts';

describe('a word looks like a credential', () => {
  it.each([
    ...['sk-live-abcdef', 'sk_test_abcdef', 'ghp_abcdefghij', 'github_pat_11ABCDE', 'glpat-abcdefgh'],
    ...['xoxb-1234567890', 'AKIAIOSFODNN7EXAMPLE', 'AIzaSyA1234567', 'hf_abcdefgh', 'npm_abcdefgh'],
    ...[
      'eyJhbGciOiJIUzI1NiJ9.e30.abc',
      '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
      '00000000-0000-1000-8000-000000000000',
      'AbC123xYz789',
    ],
    ...['jsessionid=6f9619ff-8b86-d011-b42d-00cf4fc964ff', 'of.6f9619ff-8b86-d011-b42d-00cf4fc964ff.type'],
    ...['token=sk-abcdefghij', 'key%3Dglpat-abcdefgh', 'token~ghp_abcdefghij', 'a+hf_abcdefgh'],
    ...['X-Xoxb-123456789-Abcdef', 'X-GLPAT-ABCDEF1', 'x_ghp_abcdef1'],
    ...['0123456789abcdef', 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY', 'dGhpcyBpcyBub3QgYSBzZWNyZXQ='],
  ])('%s', (word) => {
    expect(looksSecret(word)).toBe(true);
    expect(redacted(`before ${word}, after`)).toMatch(/^before …/);
    expect(redacted(`before ${word}, after`)).toMatch(/, after$/);
  });

  const hex = fc
    .uint8Array({ minLength: 12, maxLength: 40 })
    .map((bytes) => Buffer.from(bytes).toString('hex'));
  it('when it is hexadecimal', () => {
    fc.assert(
      fc.property(
        hex.filter((word) => /[a-f]/.test(word) && /\d/.test(word)),
        looksSecret,
      ),
    );
  });
});

describe('a text is shown without', () => {
  it.each([
    ['the password of an address', 'has "redis://:hunter2@redis:6379"', 'has "redis://…@redis:6379"'],
    ['a password with signs in it', 'redis://u:p@ss/w@redis:6379/0, or', 'redis://…@redis:6379/0, or'],
    ['a user without a scheme', 'is "u:pw@redis:6379"', 'is "…@redis:6379"'],
    ['a query', 'is "https://idp.example/x?token=hunter2", but', 'is "https://idp.example/x?…", but'],
    ['a fragment', 'https://idp.example/#hunter2', 'https://idp.example/?…'],
    ['a query with a sign', 'https://idp.example/?u=a:b@c', 'https://…@c'],
  ])('%s', (_what, text, shown) => {
    expect(redacted(text)).toBe(shown);
  });

  it.each([
    'ghcr.io/team/app:v1@sha256:abc',
    'ask a@b.example?',
    'spec.a#b',
    'me@corp.example',
    'did you mean "x"?',
  ])('nothing of %s', (text) => {
    expect(redacted(text)).toBe(text);
  });
});

describe('a word does not', () => {
  it.each([
    // Tokens have a digit near their beginning.
    `x-ghp_${'ab-'.repeat(20)}1`,
    ...['', 'mcp', 'streamable-http', 'v1alpha1', 'v1beta1', '2024-11-05', 'X-Api-Key', 'X-B3-TraceId'],
    ...['addHeadersFromSecret', 'externalAuthConfigRef', 'VirtualMCPServer', 'MCPExternalAuthConfig'],
    ...['spec.headerForward.addPlaintextHeaders', 'vmcp-7f9c8b6d54-x2x9z', 'ca-bundle-billing-1a2b3c4d'],
    ...[
      'TOOLHIVE_SECRET_HEADER_FORWARD_X_API_KEY_BILLING',
      'billing.apps.svc.cluster.local',
      'ip6-localhost',
    ],
    ...['mcp-fetch-proxy.toolhive-system.svc', '2001:db8::1', '203.0.113.7', 'TRACEPARENT', 'Mcp-Session-Id'],
    ...[
      'remote-url-blocked-address',
      'CERTIFICATE',
      'allowPrivateEndpoint',
      'X-Forwarded-Prefix',
      '2130706433',
      'desk-reservation.example',
      'team=risk-management',
    ],
  ])('%s', (word) => {
    expect(looksSecret(word)).toBe(false);
    expect(redacted(word)).toBe(word);
  });
});
