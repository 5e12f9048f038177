import * as z from 'zod';
import { list } from '../../kubernetes/bounds.ts';
import { type Condition, statusWire, validCondition } from '../../kubernetes/condition.ts';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';
import { type SecretKeyRef, secretKeyRef, secretKeyRefWire } from '../../kubernetes/reference.ts';

/** `spec.type` of an MCPExternalAuthConfig. Source: the enum of its CRD. */
export const AUTH_TYPES = [
  'tokenExchange',
  'headerInjection',
  'bearerToken',
  'unauthenticated',
  'embeddedAuthServer',
  'awsSts',
  'upstreamInject',
  'obo',
  'xaa',
] as const;

export interface TokenExchangeBlock {
  readonly tokenUrl: string;
  readonly audience: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecretRef: SecretKeyRef | undefined;
  readonly scopes: readonly string[];
  readonly subjectTokenType: string | undefined;
  readonly externalTokenHeaderName: string | undefined;
  readonly subjectProviderName: string | undefined;
}

export interface HeaderInjectionBlock {
  readonly headerName: string;
  readonly valueSecretRef: SecretKeyRef | undefined;
}

export interface AwsStsBlock {
  readonly region: string;
  readonly service: string | undefined;
  readonly fallbackRoleArn: string | undefined;
  readonly roleMappings: readonly {
    readonly claim: string | undefined;
    readonly matcher: string | undefined;
    readonly roleArn: string;
    readonly priority: number | undefined;
  }[];
  readonly roleClaim: string | undefined;
  readonly sessionDuration: number | undefined;
  readonly sessionNameClaim: string | undefined;
  readonly subjectProviderName: string | undefined;
}

export interface XaaBlock {
  readonly idpTokenUrl: string;
  readonly idpClientId: string | undefined;
  readonly idpClientSecretRef: SecretKeyRef | undefined;
  readonly targetTokenUrl: string;
  readonly insecureTargetTokenUrl: boolean;
  readonly targetClientId: string | undefined;
  readonly targetClientSecretRef: SecretKeyRef | undefined;
  readonly targetAudience: string;
  readonly targetResource: string | undefined;
  readonly scopes: readonly string[];
  readonly subjectProviderName: string | undefined;
  readonly subjectTokenType: string | undefined;
}

/** An MCPExternalAuthConfig. A block is undefined when the object does not have it, whatever `type` says. */
export interface McpExternalAuthConfig {
  readonly kind: 'MCPExternalAuthConfig';
  readonly metadata: Metadata;
  /** As written; one of {@link AUTH_TYPES} in any object that the API server took. */
  readonly type: string | undefined;
  readonly tokenExchange: TokenExchangeBlock | undefined;
  readonly headerInjection: HeaderInjectionBlock | undefined;
  readonly bearerToken: { readonly tokenSecretRef: SecretKeyRef | undefined } | undefined;
  readonly awsSts: AwsStsBlock | undefined;
  readonly upstreamInject: { readonly providerName: string } | undefined;
  readonly xaa: XaaBlock | undefined;
  /** Names of all config blocks that the object has, also of those that are not read further. */
  readonly blocks: readonly string[];
  /** The condition `Valid` of its status, when there is one. */
  readonly valid: Condition | undefined;
}

const text = z.string().nullish();
const texts = list(z.string()).nullish();
const anyBlock = z.object({}).nullish();

const wire = z.object({
  metadata: metadataWire.nullish(),
  spec: z
    .object({
      type: text,
      tokenExchange: z
        .object({
          tokenUrl: text,
          audience: text,
          clientId: text,
          clientSecretRef: secretKeyRefWire,
          scopes: texts,
          subjectTokenType: text,
          externalTokenHeaderName: text,
          subjectProviderName: text,
        })
        .nullish(),
      headerInjection: z.object({ headerName: text, valueSecretRef: secretKeyRefWire }).nullish(),
      bearerToken: z.object({ tokenSecretRef: secretKeyRefWire }).nullish(),
      unauthenticated: anyBlock,
      embeddedAuthServer: anyBlock,
      obo: anyBlock,
      upstreamInject: z.object({ providerName: text }).nullish(),
      awsSts: z
        .object({
          region: text,
          service: text,
          fallbackRoleArn: text,
          roleMappings: list(
            z.object({ claim: text, matcher: text, roleArn: text, priority: z.number().nullish() }),
          ).nullish(),
          roleClaim: text,
          sessionDuration: z.number().nullish(),
          sessionNameClaim: text,
          subjectProviderName: text,
        })
        .nullish(),
      xaa: z
        .object({
          idpTokenUrl: text,
          idpClientId: text,
          idpClientSecretRef: secretKeyRefWire,
          targetTokenUrl: text,
          insecureTargetTokenUrl: z.boolean().nullish(),
          targetClientId: text,
          targetClientSecretRef: secretKeyRefWire,
          targetAudience: text,
          targetResource: text,
          scopes: texts,
          subjectProviderName: text,
          subjectTokenType: text,
        })
        .nullish(),
    })
    .nullish(),
  status: statusWire,
});

type Spec = NonNullable<z.infer<typeof wire>['spec']>;

function toTokenExchange(block: Spec['tokenExchange']): TokenExchangeBlock | undefined {
  if (!block) return undefined;
  return {
    tokenUrl: block.tokenUrl ?? '',
    audience: block.audience ?? undefined,
    clientId: block.clientId ?? undefined,
    clientSecretRef: secretKeyRef(block.clientSecretRef),
    scopes: block.scopes ?? [],
    subjectTokenType: block.subjectTokenType ?? undefined,
    externalTokenHeaderName: block.externalTokenHeaderName ?? undefined,
    subjectProviderName: block.subjectProviderName ?? undefined,
  };
}

function toAwsSts(block: Spec['awsSts']): AwsStsBlock | undefined {
  if (!block) return undefined;
  return {
    region: block.region ?? '',
    service: block.service ?? undefined,
    fallbackRoleArn: block.fallbackRoleArn ?? undefined,
    roleMappings: (block.roleMappings ?? []).map((mapping) => ({
      claim: mapping.claim ?? undefined,
      matcher: mapping.matcher ?? undefined,
      roleArn: mapping.roleArn ?? '',
      priority: mapping.priority ?? undefined,
    })),
    roleClaim: block.roleClaim ?? undefined,
    sessionDuration: block.sessionDuration ?? undefined,
    sessionNameClaim: block.sessionNameClaim ?? undefined,
    subjectProviderName: block.subjectProviderName ?? undefined,
  };
}

function toXaa(block: Spec['xaa']): XaaBlock | undefined {
  if (!block) return undefined;
  return {
    idpTokenUrl: block.idpTokenUrl ?? '',
    idpClientId: block.idpClientId ?? undefined,
    idpClientSecretRef: secretKeyRef(block.idpClientSecretRef),
    targetTokenUrl: block.targetTokenUrl ?? '',
    insecureTargetTokenUrl: block.insecureTargetTokenUrl ?? false,
    targetClientId: block.targetClientId ?? undefined,
    targetClientSecretRef: secretKeyRef(block.targetClientSecretRef),
    targetAudience: block.targetAudience ?? '',
    targetResource: block.targetResource ?? undefined,
    scopes: block.scopes ?? [],
    subjectProviderName: block.subjectProviderName ?? undefined,
    subjectTokenType: block.subjectTokenType ?? undefined,
  };
}

const BLOCK_NAMES = AUTH_TYPES;

export function readAuthConfig(raw: unknown): Read<McpExternalAuthConfig> {
  return readWith(wire, raw, (object) => {
    const spec = object.spec ?? {};
    const header = spec.headerInjection;
    return {
      kind: 'MCPExternalAuthConfig' as const,
      metadata: toMetadata(object.metadata),
      type: spec.type ?? undefined,
      tokenExchange: toTokenExchange(spec.tokenExchange),
      headerInjection: header
        ? { headerName: header.headerName ?? '', valueSecretRef: secretKeyRef(header.valueSecretRef) }
        : undefined,
      bearerToken: spec.bearerToken
        ? { tokenSecretRef: secretKeyRef(spec.bearerToken.tokenSecretRef) }
        : undefined,
      awsSts: toAwsSts(spec.awsSts),
      upstreamInject: spec.upstreamInject
        ? { providerName: spec.upstreamInject.providerName ?? '' }
        : undefined,
      xaa: toXaa(spec.xaa),
      blocks: BLOCK_NAMES.filter((name) => spec[name] != null),
      valid: validCondition(object.status),
    };
  });
}
