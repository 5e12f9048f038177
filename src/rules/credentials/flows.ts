import { parseDocument } from 'yaml';
import { fieldsAt, itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import type { StoredKind } from '../../toolhive/kinds.ts';
import type { LoneObject } from '../rule.ts';

/** A Secret reference that an object of some kinds has, and where ToolHive sends the Secret. */
export interface SecretFlow {
  readonly kinds: readonly StoredKind[];
  /** The path of the reference below `spec`; `[]` stands for each item of a list. */
  readonly ref: string;
  /** Fields beside the reference: the first that is set is the URL to which the Secret goes. */
  readonly beside?: readonly string[];
  /** Where it goes when none of these is set: URLs, or addresses without a scheme. An empty one cannot be read. */
  readonly to?: (object: LoneObject) => readonly string[];
}

/** Where Microsoft Entra answers when an `obo` block names no authority. Source: the CRD. */
const ENTRA = 'https://login.microsoftonline.com';
/** Where models are loaded from with the token of an EmbeddingServer, unless a variable says otherwise. */
const HUGGING_FACE = 'https://huggingface.co';
const HUGGING_FACE_VARIABLE = 'HF_ENDPOINT';

/** The longest `configYAML` that is read: it is parsed in one go. */
const MAX_CONFIG = 64 * 1024;

function present(texts: readonly unknown[]): string[] {
  return texts.filter((text): text is string => typeof text === 'string' && text !== '');
}

/** The Redis of a workload's sessions, which gets its password. */
function sessionAddress({ spec }: LoneObject): readonly string[] {
  if (textAt(spec, 'sessionStorage', 'provider') !== 'redis') return [];
  return present([textAt(spec, 'sessionStorage', 'address')]);
}

/** The addresses of the Redis of an auth server, or of the Sentinels that name it. */
function redisAddresses(at: string): NonNullable<SecretFlow['to']> {
  return ({ spec, namespace }) => {
    if (textAt(spec, at, 'storage', 'type') !== 'redis') return [];
    const redis = fieldsAt(spec, at, 'storage', 'redis');
    const service = fieldsAt(redis, 'sentinelConfig', 'sentinelService');
    const name = textAt(service, 'name');
    return present([
      textAt(redis, 'addr'),
      ...itemsAt(redis, 'sentinelConfig', 'sentinelAddrs').map(([, address]) => address),
      name && `${name}.${textAt(service, 'namespace') ?? namespace}.svc.cluster.local`,
    ]);
  };
}

/** The hub that an EmbeddingServer loads its model from: every one that a variable of it names. */
function modelHubs({ spec }: LoneObject): readonly string[] {
  const containers = itemsAt(spec, 'podTemplateSpec', 'spec', 'containers').map(([, container]) => container);
  const named = [spec, ...containers]
    .flatMap((holder) => itemsAt(holder, 'env'))
    .filter(([, variable]) => textAt(variable, 'name') === HUGGING_FACE_VARIABLE)
    .map(([, variable]) => textAt(variable, 'value') ?? '');
  return named.length > 0 ? named : [HUGGING_FACE];
}

/** The database in the configuration of a registry, which the operator passes on as a text. */
function registryDatabase({ spec }: LoneObject): readonly string[] {
  const text = textAt(spec, 'configYAML') ?? '';
  if (text.length > MAX_CONFIG) return [''];
  try {
    const config: unknown = parseDocument(text, { logLevel: 'silent' }).toJS({ maxAliasCount: 0 });
    const host = valueAt(config, 'database', 'host');
    return [typeof host === 'string' ? host : ''];
  } catch {
    return [''];
  }
}

/** What an auth server at a field sends: to its upstream providers, whose token endpoint is below the issuer, and its Redis. */
function ofAuthServer(kind: StoredKind, at: string): SecretFlow[] {
  const kinds = [kind];
  const upstream = `${at}.upstreamProviders[]`;
  const user = `${at}.storage.redis.aclUserConfig`;
  const to = redisAddresses(at);
  return [
    { kinds, ref: `${upstream}.oauth2Config.clientSecretRef`, beside: ['tokenEndpoint'] },
    {
      kinds,
      ref: `${upstream}.oauth2Config.dcrConfig.initialAccessTokenRef`,
      beside: ['registrationEndpoint', 'discoveryUrl'],
    },
    { kinds, ref: `${upstream}.oidcConfig.clientSecretRef`, beside: ['issuerUrl'] },
    { kinds, ref: `${user}.usernameSecretRef`, to },
    { kinds, ref: `${user}.passwordSecretRef`, to },
  ];
}

/**
 * The Secrets that ToolHive sends to a place which stands in the same object. Those that go to backends or to the token
 * endpoints of backend auth are found by the models (`check.ts`). A test walks the schemas of all kinds for others.
 */
export const SECRET_FLOWS: readonly SecretFlow[] = [
  ...ofAuthServer('VirtualMCPServer', 'authServerConfig'),
  ...ofAuthServer('MCPExternalAuthConfig', 'embeddedAuthServer'),
  {
    kinds: ['MCPServer', 'MCPRemoteProxy', 'VirtualMCPServer'],
    ref: 'sessionStorage.passwordRef',
    to: sessionAddress,
  },
  {
    kinds: ['MCPExternalAuthConfig'],
    ref: 'obo.clientSecretRef',
    beside: ['authority'],
    to: () => [ENTRA],
  },
  { kinds: ['MCPOIDCConfig'], ref: 'inline.clientSecretRef', beside: ['introspectionUrl', 'issuer'] },
  {
    kinds: ['MCPTelemetryConfig'],
    ref: 'openTelemetry.sensitiveHeaders[].secretKeyRef',
    to: ({ spec }) => present([textAt(spec, 'openTelemetry', 'endpoint')]),
  },
  { kinds: ['EmbeddingServer'], ref: 'hfTokenSecretRef', to: modelHubs },
  { kinds: ['MCPRegistry'], ref: 'pgpassSecretRef', to: registryDatabase },
];
