/** Strategy types with their block: its fields, those that must not be empty, and the variables that must be set. */
export const STRATEGIES: Readonly<
  Record<
    string,
    {
      readonly block?: string;
      readonly fields?: readonly string[];
      readonly required?: readonly string[];
      readonly loaded?: readonly string[];
    }
  >
> = {
  unauthenticated: {},
  header_injection: {
    block: 'headerInjection',
    fields: ['headerName', 'headerValue', 'headerValueEnv'],
    required: ['headerName'],
    loaded: ['headerValueEnv'],
  },
  token_exchange: {
    block: 'tokenExchange',
    fields: [
      'tokenUrl',
      'clientId',
      'clientSecret',
      'clientSecretEnv',
      'audience',
      'scopes',
      'subjectTokenType',
      'subjectProviderName',
    ],
    required: ['tokenUrl'],
    loaded: ['clientSecretEnv'],
  },
  upstream_inject: { block: 'upstreamInject', fields: ['providerName'], required: ['providerName'] },
  aws_sts: {
    block: 'awsSts',
    fields: [
      'region',
      'service',
      'fallbackRoleArn',
      'roleMappings',
      'roleClaim',
      'sessionDuration',
      'sessionNameClaim',
      'subjectProviderName',
    ],
    required: ['region'],
  },
  obo: {
    block: 'obo',
    fields: [
      'tokenUrl',
      'clientId',
      'clientSecret',
      'clientSecretEnv',
      'audience',
      'scopes',
      'subjectTokenProviderName',
      'cacheSkewSeconds',
    ],
    required: ['tokenUrl'],
    loaded: ['clientSecretEnv'],
  },
  xaa: {
    block: 'xaa',
    fields: [
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
    ],
    required: ['idpTokenUrl', 'targetTokenUrl', 'targetAudience'],
  },
};
