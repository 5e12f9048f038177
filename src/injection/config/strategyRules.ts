/** Strategy types with their block: its fields, those that must not be empty, and the variables that must be set. */
export const STRATEGIES: Readonly<
  Record<
    string,
    {
      readonly block?: string;
      readonly fields?: ReadonlySet<string>;
      readonly required?: readonly string[];
      readonly loaded?: readonly string[];
    }
  >
> = {
  unauthenticated: {},
  header_injection: {
    block: 'headerInjection',
    fields: new Set(['headerName', 'headerValue', 'headerValueEnv']),
    required: ['headerName'],
    loaded: ['headerValueEnv'],
  },
  token_exchange: {
    block: 'tokenExchange',
    fields: new Set([
      'tokenUrl',
      'clientId',
      'clientSecret',
      'clientSecretEnv',
      'audience',
      'scopes',
      'subjectTokenType',
      'subjectProviderName',
    ]),
    required: ['tokenUrl'],
    loaded: ['clientSecretEnv'],
  },
  // An empty providerName means the provider "default".
  upstream_inject: { block: 'upstreamInject', fields: new Set(['providerName']) },
  aws_sts: {
    block: 'awsSts',
    fields: new Set([
      'region',
      'service',
      'fallbackRoleArn',
      'roleMappings',
      'roleClaim',
      'sessionDuration',
      'sessionNameClaim',
      'subjectProviderName',
    ]),
    required: ['region'],
  },
  obo: {
    block: 'obo',
    fields: new Set([
      'tokenUrl',
      'clientId',
      'clientSecret',
      'clientSecretEnv',
      'audience',
      'scopes',
      'subjectTokenProviderName',
      'cacheSkewSeconds',
    ]),
    required: ['tokenUrl'],
    loaded: ['clientSecretEnv'],
  },
  xaa: {
    block: 'xaa',
    fields: new Set([
      'idpTokenUrl',
      'idpClientId',
      'idpClientSecret',
      'idpClientSecretEnv',
      'targetTokenUrl',
      'insecureTargetTokenUrl',
      'targetClientId',
      'targetClientSecret',
      'targetClientSecretEnv',
      'targetAudience',
      'targetResource',
      'scopes',
      'subjectProviderName',
      'subjectTokenType',
    ]),
    required: ['idpTokenUrl', 'targetTokenUrl', 'targetAudience'],
  },
};
