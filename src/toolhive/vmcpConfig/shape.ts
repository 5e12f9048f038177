/**
 * The fields of a vMCP's config.yaml and the Go type of each. A field that is not listed ends the vMCP, whose loader is
 * strict. Source: the structs behind `config.Config` in toolhive v0.47.0 (pkg/vmcp/config, pkg/vmcp/auth/types,
 * pkg/telemetry, pkg/audit, pkg/ratelimit/types).
 */
export type Shape = Scalar | List | StringMap | Struct;

/** `json` is any value, `jsonMap` any mapping; `bareDuration` is a `time.Duration`, which takes no number. */
type Scalar = 'string' | 'bool' | 'int32' | 'int64' | 'duration' | 'bareDuration' | 'json' | 'jsonMap';

interface List {
  readonly list: Shape;
  /** A null item is a nil pointer that the vMCP dereferences. */
  readonly nullEnds?: true;
}

/** A mapping with any keys. */
interface StringMap {
  readonly map: Shape;
  readonly nullEnds?: true;
}

export interface Struct {
  readonly fields: Readonly<Record<string, Shape>>;
}

const STRINGS: List = { list: 'string' };
const STRING_MAP: StringMap = { map: 'string' };

function struct(fields: Readonly<Record<string, Shape>>): Struct {
  return { fields };
}

/** Several fields of one type. */
function all(shape: Shape, ...names: readonly string[]): Record<string, Shape> {
  return Object.fromEntries(names.map((name) => [name, shape]));
}

export const BACKEND = struct({
  ...all('string', 'name', 'url', 'transport', 'type', 'caBundlePath'),
  metadata: STRING_MAP,
});

const ROLE_MAPPING = struct({ ...all('string', 'claim', 'matcher', 'roleArn'), priority: 'int64' });

/** One strategy of `outgoingAuth`: its type, and a block for it, whose fields stand in the order in which they are written. */
export const STRATEGY = struct({
  type: 'string',
  headerInjection: struct(all('string', 'headerName', 'headerValue', 'headerValueEnv')),
  tokenExchange: struct({
    ...all('string', 'tokenUrl', 'clientId', 'clientSecret', 'clientSecretEnv', 'audience'),
    scopes: STRINGS,
    ...all('string', 'subjectTokenType', 'subjectProviderName'),
  }),
  upstreamInject: struct({ providerName: 'string' }),
  awsSts: struct({
    ...all('string', 'region', 'service', 'fallbackRoleArn'),
    roleMappings: { list: ROLE_MAPPING },
    roleClaim: 'string',
    sessionDuration: 'int32',
    ...all('string', 'sessionNameClaim', 'subjectProviderName'),
  }),
  obo: struct({
    ...all('string', 'tokenUrl', 'clientId', 'clientSecret', 'clientSecretEnv', 'audience'),
    subjectTokenProviderName: 'string',
    scopes: STRINGS,
    cacheSkewSeconds: 'int32',
  }),
  xaa: struct({
    ...all('string', 'idpTokenUrl', 'idpClientId', 'idpClientSecret', 'idpClientSecretEnv', 'targetTokenUrl'),
    insecureTargetTokenUrl: 'bool',
    ...all('string', 'targetClientId', 'targetClientSecret', 'targetClientSecretEnv'),
    ...all('string', 'targetAudience', 'targetResource'),
    scopes: STRINGS,
    ...all('string', 'subjectProviderName', 'subjectTokenType'),
  }),
});

const OUTGOING_AUTH = struct({
  source: 'string',
  default: STRATEGY,
  backends: { map: STRATEGY, nullEnds: true },
});

const INCOMING_AUTH = struct({
  type: 'string',
  oidc: struct({
    ...all('string', 'issuer', 'clientId', 'clientSecretEnv', 'audience', 'resource', 'jwksUrl'),
    ...all('string', 'introspectionUrl', 'caBundlePath'),
    scopes: STRINGS,
    ...all('bool', 'protectedResourceAllowPrivateIp', 'jwksAllowPrivateIp', 'insecureAllowHttp'),
  }),
  authz: struct({
    ...all('string', 'type', 'entitiesJson', 'primaryUpstreamProvider'),
    ...all('string', 'groupClaimName', 'roleClaimName', 'groupEntityType'),
    policies: STRINGS,
  }),
});

const ANNOTATIONS = struct({
  title: 'string',
  ...all('bool', 'readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'),
});

const WORKLOAD_TOOLS = struct({
  workload: 'string',
  toolConfigRef: struct({ name: 'string' }),
  filter: STRINGS,
  overrides: {
    map: struct({ ...all('string', 'name', 'description'), annotations: ANNOTATIONS }),
    nullEnds: true,
  },
  excludeAll: 'bool',
});

const AGGREGATION = struct({
  ...all('string', 'conflictResolution', 'defaultToolVisibility'),
  conflictResolutionConfig: struct({ prefixFormat: 'string', priorityOrder: STRINGS }),
  tools: { list: WORKLOAD_TOOLS, nullEnds: true },
  excludeAllTools: 'bool',
});

const STEP = struct({
  ...all('string', 'id', 'type', 'tool', 'condition', 'message', 'collection', 'itemVar'),
  ...all('jsonMap', 'arguments', 'schema', 'defaultResults'),
  dependsOn: STRINGS,
  onError: struct({ action: 'string', retryCount: 'int64', retryDelay: 'duration' }),
  timeout: 'duration',
  ...all(struct({ action: 'string' }), 'onDecline', 'onCancel'),
  ...all('int64', 'maxParallel', 'maxIterations'),
  get step(): Shape {
    return STEP;
  },
});

const OUTPUT_PROPERTY = struct({
  ...all('string', 'type', 'description', 'value'),
  default: 'json',
  get properties(): Shape {
    return { map: OUTPUT_PROPERTY };
  },
});

/** One composite tool: of a config, and the spec of a VirtualMCPCompositeToolDefinition. */
export const COMPOSITE_TOOL = struct({
  ...all('string', 'name', 'description'),
  parameters: 'jsonMap',
  timeout: 'duration',
  steps: { list: STEP },
  output: struct({ properties: { map: OUTPUT_PROPERTY }, required: STRINGS }),
  annotations: ANNOTATIONS,
});

const OPERATIONAL = struct({
  logLevel: 'string',
  timeouts: struct({ default: 'duration', perWorkload: { map: 'duration' } }),
  failureHandling: struct({
    ...all('duration', 'healthCheckInterval', 'healthCheckTimeout', 'statusReportingInterval'),
    unhealthyThreshold: 'int64',
    partialFailureMode: 'string',
    circuitBreaker: struct({ enabled: 'bool', failureThreshold: 'int64', timeout: 'duration' }),
  }),
});

const TELEMETRY = struct({
  ...all('string', 'endpoint', 'serviceName', 'serviceVersion', 'samplingRate', 'caCertPath'),
  ...all('bool', 'tracingEnabled', 'metricsEnabled', 'insecure', 'enablePrometheusMetricsPath'),
  ...all('bool', 'metricsOnTransportPort', 'useLegacyAttributes'),
  ...all(STRING_MAP, 'headers', 'customAttributes'),
  prometheusPort: 'int64',
  environmentVariables: STRINGS,
});

const AUDIT = struct({
  ...all('string', 'component', 'logFile'),
  ...all('bool', 'enabled', 'includeRequestData', 'includeResponseData', 'detectApplicationErrors'),
  ...all(STRINGS, 'eventTypes', 'excludeEventTypes'),
  ...all('int64', 'maxDataSize', 'maxDelegationDepth'),
});

const OPTIMIZER = struct({
  ...all('string', 'embeddingService', 'embeddingProvider', 'embeddingModel'),
  ...all('string', 'hybridSearchSemanticRatio', 'semanticDistanceThreshold'),
  embeddingServiceTimeout: 'duration',
  embeddingHeaders: STRING_MAP,
  maxToolsToReturn: 'int64',
});

/** `refillPeriod` is a mapping in config.yaml: Kubernetes' duration type knows JSON, not YAML. */
const BUCKET = struct({ maxTokens: 'int32', refillPeriod: struct({ duration: 'bareDuration' }) });
const LIMITS = all(BUCKET, 'shared', 'perUser');

export const VMCP_CONFIG = struct({
  ...all('string', 'name', 'groupRef'),
  backends: { list: BACKEND },
  incomingAuth: INCOMING_AUTH,
  outgoingAuth: OUTGOING_AUTH,
  aggregation: AGGREGATION,
  compositeTools: { list: COMPOSITE_TOOL },
  compositeToolRefs: { list: struct({ name: 'string' }) },
  operational: OPERATIONAL,
  metadata: STRING_MAP,
  telemetry: TELEMETRY,
  audit: AUDIT,
  optimizer: OPTIMIZER,
  codeMode: struct({
    enabled: 'bool',
    ...all('int64', 'stepLimit', 'parallelMaxConcurrency'),
    toolCallTimeout: 'duration',
  }),
  sessionStorage: struct({ ...all('string', 'provider', 'address', 'keyPrefix'), db: 'int32' }),
  rateLimiting: struct({ ...LIMITS, tools: { list: struct({ name: 'string', ...LIMITS }) } }),
  passthroughHeaders: STRINGS,
});
