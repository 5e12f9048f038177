import * as z from 'zod';
import { type Condition, statusWire, validCondition } from '../../kubernetes/condition.ts';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';
import { type CaBundleRef, caBundleRefWire, toCaBundleRef } from './caBundleRef.ts';

/** An MCPOIDCConfig: whose tokens a server takes. */
export interface McpOidcConfig {
  readonly kind: 'MCPOIDCConfig';
  readonly metadata: Metadata;
  /** The issuer, and the field in which it stands. */
  readonly issuer: { readonly value: string; readonly field: string };
  /** The field that makes ToolHive send a token with its requests for keys; undefined without one. */
  readonly keyTokenField: string | undefined;
  readonly caBundle: CaBundleRef | undefined;
  readonly valid: Condition | undefined;
}

/** The CRD's default. */
const CLUSTER_ISSUER = 'https://kubernetes.default.svc';
const text = z.string().nullish();

const wire = z.object({
  metadata: metadataWire.nullish(),
  spec: z
    .object({
      kubernetesServiceAccount: z.object({ issuer: text, useClusterAuth: z.boolean().nullish() }).nullish(),
      inline: z.object({ issuer: text, jwksAuthTokenPath: text, caBundleRef: caBundleRefWire }).nullish(),
    })
    .nullish(),
  status: statusWire,
});

type Spec = NonNullable<z.infer<typeof wire>['spec']>;

function keyTokenField({ kubernetesServiceAccount, inline }: Spec): string | undefined {
  if (inline?.jwksAuthTokenPath) return 'spec.inline.jwksAuthTokenPath';
  const sends = kubernetesServiceAccount && kubernetesServiceAccount.useClusterAuth !== false;
  return sends ? 'spec.type' : undefined;
}

export function readOidcConfig(raw: unknown): Read<McpOidcConfig> {
  return readWith(wire, raw, ({ metadata, spec, status }) => ({
    kind: 'MCPOIDCConfig' as const,
    metadata: toMetadata(metadata),
    issuer: spec?.kubernetesServiceAccount
      ? {
          value: spec.kubernetesServiceAccount.issuer || CLUSTER_ISSUER,
          field: 'spec.kubernetesServiceAccount.issuer',
        }
      : { value: spec?.inline?.issuer ?? '', field: 'spec.inline.issuer' },
    keyTokenField: keyTokenField(spec ?? {}),
    caBundle: toCaBundleRef(spec?.inline?.caBundleRef),
    valid: validCondition(status),
  }));
}
