import type { StoredKind } from '../kinds.ts';
import { type GoType, struct } from './types.ts';

/**
 * The fields whose CRD schema is wider than the Go type of ToolHive's operator: the API server stores values there that the
 * operator cannot decode. Found by comparing the types of v0.47.0 with its CRDs by reflection.
 */

const weights = { list: struct({ weight: 'int32' }) } as const;
const podAffinity = struct({ preferredDuringSchedulingIgnoredDuringExecution: weights });
const resourceOverrides = struct({
  proxyDeployment: struct({
    affinity: struct({ nodeAffinity: podAffinity, podAffinity, podAntiAffinity: podAffinity }),
  }),
});

const limit = struct({ maxTokens: 'int32', refillPeriod: 'duration' });
const limits = { shared: limit, perUser: limit };
const rateLimiting = struct({ ...limits, tools: { list: struct(limits) } });
const sessionStorage = struct({ db: 'int32' });

const roleMappings = struct({
  roleMappings: { list: struct({ priority: 'int32' }) },
  sessionDuration: 'int32',
});
const embeddedAuthServer = struct({
  inboundGrants: struct({
    jwtBearer: struct({ issuerPolicies: { list: struct({ maxAssertionAge: 'duration' }) } }),
  }),
  storage: struct({
    redis: struct({
      sentinelConfig: struct({ db: 'int32', sentinelService: struct({ port: 'int32' }) }),
    }),
  }),
  trustedIssuers: { list: struct({ jwtBearerGrant: struct({ maxAssertionAge: 'duration' }) }) },
});

const response = struct({ action: 'string' });
/** A step; all its fields, since the schema of `step` inside a step lets everything pass, nulls too. */
function stepType(duration: 'duration' | 'setDuration', inner: () => GoType): GoType {
  return struct({
    id: 'string',
    type: 'string',
    tool: 'string',
    arguments: 'object',
    condition: 'string',
    dependsOn: { list: 'string' },
    onError: struct({ action: 'string', retryCount: 'int64', retryDelay: duration }),
    message: 'string',
    schema: 'object',
    timeout: duration,
    onDecline: response,
    onCancel: response,
    defaultResults: 'object',
    collection: 'string',
    itemVar: 'string',
    maxParallel: 'int64',
    maxIterations: 'int64',
    step: inner,
  });
}
const innerStep: GoType = stepType('setDuration', () => innerStep);
const step = stepType('duration', () => innerStep);
const outputProperty: GoType = struct({
  type: 'string',
  description: 'string',
  value: 'string',
  properties: { mapOf: () => outputProperty },
});
const compositeTool = {
  parameters: 'object',
  timeout: 'duration',
  steps: { list: step },
  output: struct({ properties: { mapOf: outputProperty } }),
} as const;

const vmcpStrategy = struct({
  awsSts: struct({ roleMappings: { list: struct({ priority: 'int64' }) }, sessionDuration: 'int32' }),
  obo: struct({ cacheSkewSeconds: 'int32' }),
});
const vmcpConfig = struct({
  compositeTools: { list: struct(compositeTool) },
  operational: struct({
    timeouts: struct({ default: 'duration', perWorkload: { mapOf: 'duration' } }),
    failureHandling: struct({
      healthCheckInterval: 'duration',
      healthCheckTimeout: 'duration',
      statusReportingInterval: 'duration',
      circuitBreaker: struct({ timeout: 'duration' }),
    }),
  }),
  outgoingAuth: struct({ default: vmcpStrategy, backends: { mapOf: vmcpStrategy } }),
  optimizer: struct({ embeddingServiceTimeout: 'duration' }),
  codeMode: struct({ toolCallTimeout: 'duration' }),
  rateLimiting,
  sessionStorage,
});

/** The API server takes a list for a text with a format, such as an URI. Source: `typeValidator` of kube-openapi. */
const webhooks = { list: struct({ timeout: 'duration', url: 'string' }) } as const;

/** The spec of each kind that has such fields. */
export const DECODED_FIELDS: { readonly [K in StoredKind]?: GoType } = {
  MCPServer: struct({
    backendReplicas: 'int32',
    rateLimiting,
    replicas: 'int32',
    resourceOverrides,
    sessionStorage,
  }),
  MCPRemoteProxy: struct({ replicas: 'int32', resourceOverrides, sessionStorage }),
  VirtualMCPServer: struct({
    authServerConfig: embeddedAuthServer,
    config: vmcpConfig,
    replicas: 'int32',
    sessionStorage,
  }),
  MCPExternalAuthConfig: struct({
    awsSts: roleMappings,
    embeddedAuthServer,
    obo: struct({ cacheSkew: 'duration' }),
  }),
  VirtualMCPCompositeToolDefinition: struct(compositeTool),
  MCPWebhookConfig: struct({ mutating: webhooks, validating: webhooks }),
  EmbeddingServer: struct({ replicas: 'int32' }),
};
