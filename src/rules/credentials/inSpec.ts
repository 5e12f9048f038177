import { fieldsAt, itemsAt, textAt } from '../../kubernetes/record.ts';
import { child, type FieldPath, listItem } from '../findings/fieldPath.ts';
import type { Finding } from '../findings/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import type { LoneObject } from '../rule.ts';
import { checkSendings, type Sending } from './guard.ts';

/** A part of a spec: the field of a Secret reference in it, and the fields of which the first that is set gets the Secret. */
interface Part {
  readonly holder: unknown;
  readonly field: FieldPath;
  readonly ref: string;
  readonly urls: readonly string[];
  /** Where the Secret goes when none of the fields is set. */
  readonly otherwise?: string;
}

/** Where Microsoft Entra answers when an `obo` block names no authority. Source: the CRD. */
const ENTRA = 'https://login.microsoftonline.com';

/** The upstream providers of an auth server. Their token endpoint is below the issuer, or is found there. */
function upstreamParts(server: unknown, place: string): Part[] {
  return itemsAt(server, 'upstreamProviders').flatMap(([index, item]) => {
    const list = listItem(`${place}.upstreamProviders`, index, textAt(item, 'name') ?? '');
    const oauth2 = child(list, 'oauth2Config');
    const dcr = fieldsAt(item, 'oauth2Config', 'dcrConfig');
    return [
      {
        holder: fieldsAt(item, 'oauth2Config'),
        field: oauth2,
        ref: 'clientSecretRef',
        urls: ['tokenEndpoint'],
      },
      {
        holder: dcr,
        field: child(oauth2, 'dcrConfig'),
        ref: 'initialAccessTokenRef',
        urls: ['registrationEndpoint', 'discoveryUrl'],
      },
      {
        holder: fieldsAt(item, 'oidcConfig'),
        field: child(list, 'oidcConfig'),
        ref: 'clientSecretRef',
        urls: ['issuerUrl'],
      },
    ];
  });
}

/** An address that may be written without a scheme, as a URL. */
function addressUrl(address: string): string {
  return address.includes('://') ? address : `https://${address}`;
}

function telemetryParts(spec: unknown): Part[] {
  const endpoint = textAt(spec, 'openTelemetry', 'endpoint');
  return itemsAt(spec, 'openTelemetry', 'sensitiveHeaders').map(([index, header]) => ({
    holder: header,
    field: listItem('spec.openTelemetry.sensitiveHeaders', index, textAt(header, 'name') ?? ''),
    ref: 'secretKeyRef',
    urls: [],
    ...(endpoint !== undefined && { otherwise: addressUrl(endpoint) }),
  }));
}

/** The Redis of a workload's sessions, which gets its password. */
function sessionParts(spec: unknown): Part[] {
  const storage = fieldsAt(spec, 'sessionStorage');
  const address = textAt(storage, 'address');
  if (storage?.provider !== 'redis' || address === undefined) return [];
  return [
    {
      holder: storage,
      field: 'spec.sessionStorage',
      ref: 'passwordRef',
      urls: [],
      otherwise: addressUrl(address),
    },
  ];
}

/** The addresses of a Redis, or of the Sentinels that name it. */
function redisAddresses(redis: unknown, namespace: string): string[] {
  const service = fieldsAt(redis, 'sentinelConfig', 'sentinelService');
  const name = textAt(service, 'name');
  return [
    textAt(redis, 'addr'),
    ...itemsAt(redis, 'sentinelConfig', 'sentinelAddrs').map(([, address]) => address),
    name && `${name}.${textAt(service, 'namespace') ?? namespace}.svc.cluster.local`,
  ].filter((address): address is string => typeof address === 'string' && address !== '');
}

/** The Redis of an auth server, which gets the name and the password of its user. */
function storageParts(server: unknown, place: string, namespace: string): Part[] {
  if (textAt(server, 'storage', 'type') !== 'redis') return [];
  const redis = fieldsAt(server, 'storage', 'redis');
  return redisAddresses(redis, namespace).flatMap((address) =>
    ['usernameSecretRef', 'passwordSecretRef'].map((ref) => ({
      holder: fieldsAt(redis, 'aclUserConfig'),
      field: `${place}.storage.redis.aclUserConfig`,
      ref,
      urls: [],
      otherwise: addressUrl(address),
    })),
  );
}

/** What an auth server sends: to its upstream providers, and to its storage. */
function serverParts(server: unknown, place: string, namespace: string): Part[] {
  return [...upstreamParts(server, place), ...storageParts(server, place, namespace)];
}

/** The parts of a spec that send a Secret to a URL which stands beside it. */
function partsOf({ kind, namespace, spec }: LoneObject): Part[] {
  switch (kind) {
    case 'MCPServer':
    case 'MCPRemoteProxy':
      return sessionParts(spec);
    case 'VirtualMCPServer':
      return [
        ...serverParts(spec.authServerConfig, 'spec.authServerConfig', namespace),
        ...sessionParts(spec),
      ];
    case 'MCPExternalAuthConfig':
      return [
        ...serverParts(spec.embeddedAuthServer, 'spec.embeddedAuthServer', namespace),
        {
          holder: spec.obo,
          field: 'spec.obo',
          ref: 'clientSecretRef',
          urls: ['authority'],
          otherwise: ENTRA,
        },
      ];
    case 'MCPOIDCConfig':
      return [
        {
          holder: spec.inline,
          field: 'spec.inline',
          ref: 'clientSecretRef',
          urls: ['introspectionUrl', 'issuer'],
        },
      ];
    case 'MCPTelemetryConfig':
      return telemetryParts(spec);
    default:
      return [];
  }
}

function toSending({ holder, field, ref, urls, otherwise }: Part, through: string): Sending[] {
  const secret = textAt(holder, ref, 'name');
  const url = urls.map((name) => textAt(holder, name)).find((text) => text !== undefined) ?? otherwise;
  if (secret === undefined || url === undefined) return [];
  return [{ secret, url, field: child(field, `${ref}.name`), through }];
}

/** The Secrets that an object sends to URLs of its own, beside those of the models: auth servers, OIDC, telemetry, Redis. */
export function specSendings(object: LoneObject): Sending[] {
  const through = `${object.kind} "${object.name}"`;
  return partsOf(object).flatMap((part) => toSending(part, through));
}

/** The findings about {@link specSendings}. */
export function checkSpecCredentials(object: LoneObject, policy: Policy): Finding[] {
  if (policy.credentials.size === 0) return [];
  return checkSendings(specSendings(object), object.namespace, policy);
}
