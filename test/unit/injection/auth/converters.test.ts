import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { convertAuth } from '../../../../src/injection/auth/converters.ts';
import { readAuthConfig } from '../../../../src/toolhive/models/authConfig.ts';
import { configProblems } from '../../../../src/toolhive/vmcpConfig/configProblems.ts';
import { toData } from '../../../../src/yaml/values.ts';
import { BASE } from '../support/cluster.ts';

function convert(spec: string, providers?: readonly string[]) {
  const read = readAuthConfig({ metadata: { name: 'my.auth' }, spec: parse(spec) as unknown });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return convertAuth(read.value, providers && { providers }, false);
}

/** The spec of each type, the strategy that it becomes, and the Secrets behind its variables. */
const CONVERTED: readonly (readonly [type: string, spec: string, strategy: string, secrets: string])[] = [
  ['unauthenticated', 'type: unauthenticated', 'type: unauthenticated', '{}'],
  [
    'tokenExchange',
    `
type: tokenExchange
tokenExchange:
  tokenUrl: https://idp.example/t
  audience: a
  clientId: c
  clientSecretRef: {name: s, key: k}
  scopes: [one, two]
  subjectTokenType: id_token
  externalTokenHeaderName: X-Lost`,
    `
type: token_exchange
tokenExchange:
  tokenUrl: https://idp.example/t
  audience: a
  clientId: c
  clientSecretEnv: TOOLHIVE_TOKEN_EXCHANGE_CLIENT_SECRET_MY_AUTH
  scopes: [one, two]
  subjectTokenType: urn:ietf:params:oauth:token-type:id_token
  subjectProviderName: okta`,
    'TOOLHIVE_TOKEN_EXCHANGE_CLIENT_SECRET_MY_AUTH: {name: s, key: k}',
  ],
  [
    'tokenExchange with the least',
    'type: tokenExchange\ntokenExchange: {tokenUrl: "https://idp.example/t", subjectTokenType: "urn:x", subjectProviderName: entra, scopes: []}',
    'type: token_exchange\ntokenExchange: {tokenUrl: "https://idp.example/t", subjectTokenType: "urn:x", subjectProviderName: entra}',
    '{}',
  ],
  [
    'headerInjection',
    'type: headerInjection\nheaderInjection: {headerName: X-Key, valueSecretRef: {name: s, key: k}}',
    'type: header_injection\nheaderInjection: {headerName: X-Key, headerValueEnv: TOOLHIVE_HEADER_INJECTION_VALUE_MY_AUTH}',
    'TOOLHIVE_HEADER_INJECTION_VALUE_MY_AUTH: {name: s, key: k}',
  ],
  [
    'upstreamInject',
    'type: upstreamInject\nupstreamInject: {providerName: okta}',
    'type: upstream_inject\nupstreamInject: {providerName: okta}',
    '{}',
  ],
  [
    'awsSts',
    `
type: awsSts
awsSts:
  region: eu-west-1
  service: ""
  roleMappings:
    - {claim: admins, roleArn: "arn:a", priority: 0}
    - {matcher: "true", roleArn: "arn:b"}
  sessionDuration: 900`,
    `
type: aws_sts
awsSts:
  region: eu-west-1
  roleMappings:
    - {claim: admins, roleArn: "arn:a", priority: 0}
    - {matcher: "true", roleArn: "arn:b"}
  sessionDuration: 900
  subjectProviderName: okta`,
    '{}',
  ],
  [
    'xaa',
    `
type: xaa
xaa:
  idpTokenUrl: https://idp.example/t
  idpClientSecretRef: {name: idp, key: k}
  targetTokenUrl: http://target.example/t
  insecureTargetTokenUrl: true
  targetAudience: a
  targetClientId: c
  targetClientSecretRef: {name: target, key: k}
  subjectTokenType: urn:ietf:params:oauth:token-type:id_token`,
    `
type: xaa
xaa:
  idpTokenUrl: https://idp.example/t
  idpClientSecretEnv: TOOLHIVE_XAA_IDP_CLIENT_SECRET_MY_AUTH
  targetTokenUrl: http://target.example/t
  insecureTargetTokenUrl: true
  targetAudience: a
  targetClientId: c
  targetClientSecretEnv: TOOLHIVE_XAA_TARGET_CLIENT_SECRET_MY_AUTH
  subjectProviderName: okta
  subjectTokenType: urn:ietf:params:oauth:token-type:id_token`,
    `
TOOLHIVE_XAA_IDP_CLIENT_SECRET_MY_AUTH: {name: idp, key: k}
TOOLHIVE_XAA_TARGET_CLIENT_SECRET_MY_AUTH: {name: target, key: k}`,
  ],
  [
    'a block of another type beside its own',
    'type: unauthenticated\nheaderInjection: {headerName: X-Key, valueSecretRef: {name: s, key: k}}',
    'type: unauthenticated',
    '{}',
  ],
];

describe('an auth config of type', () => {
  it.each(CONVERTED)('%s becomes a strategy that the vMCP accepts', (_, spec, strategy, secrets) => {
    const converted = convert(spec, ['okta']);
    if ('reason' in converted) throw new Error(converted.message);
    const rendered = converted.strategy && toData(converted.strategy);
    expect(JSON.parse(JSON.stringify(rendered))).toEqual(parse(strategy));
    expect(Object.fromEntries(converted.secrets.map(({ name, ref }) => [name, ref]))).toEqual(parse(secrets));
    const config = { ...BASE, outgoingAuth: { source: 'inline', backends: { one: rendered } } };
    expect(configProblems(config, () => true)).toEqual([]);
  });

  it.each<[what: string, spec: string, reason: string, message: string]>([
    ['bearerToken', 'type: bearerToken', 'auth-type-unsupported', 'is of type "bearerToken"'],
    ['obo', 'type: obo', 'auth-type-unsupported', 'is of type "obo"'],
    ['an inherited name', 'type: constructor', 'auth-type-unsupported', 'is of type "constructor"'],
    ['no type', '{}', 'auth-type-unsupported', 'is of type ""'],
    ['awsSts without its block', 'type: awsSts', 'auth-config-incomplete', 'has no spec.awsSts'],
    [
      'awsSts without a region',
      'type: awsSts\nawsSts: {region: ""}',
      'auth-config-incomplete',
      'has no spec.awsSts.region',
    ],
    [
      'headerInjection without a Secret',
      'type: headerInjection\nheaderInjection: {headerName: X}',
      'auth-config-incomplete',
      'has no spec.headerInjection.valueSecretRef',
    ],
    [
      'headerInjection with half a reference',
      'type: headerInjection\nheaderInjection: {headerName: X, valueSecretRef: {name: s}}',
      'auth-config-incomplete',
      'has a Secret reference without a usable name and key',
    ],
    [
      'xaa of another subject',
      'type: xaa\nxaa: {idpTokenUrl: "u", targetTokenUrl: "u", targetAudience: a, subjectTokenType: jwt}',
      'auth-config-incomplete',
      'must have the subjectTokenType urn:ietf:params:oauth:token-type:id_token or none',
    ],
    [
      'xaa of several providers',
      'type: xaa\nxaa: {idpTokenUrl: "u", targetTokenUrl: "u", targetAudience: a}',
      'auth-provider-ambiguous',
      'must set subjectProviderName',
    ],
    [
      'upstreamInject of an unknown provider',
      'type: upstreamInject\nupstreamInject: {providerName: x}',
      'auth-provider-missing',
      'needs the provider "x"; the auth server of this vMCP has "okta", "entra"',
    ],
  ])('%s is refused', (_, spec, reason, message) => {
    expect(convert(spec, ['okta', 'entra'])).toMatchObject({
      reason,
      message: expect.stringContaining(`MCPExternalAuthConfig "my.auth" `),
    });
    expect(JSON.stringify(convert(spec, ['okta', 'entra']))).toContain(message.replaceAll('"', '\\"'));
  });
});
