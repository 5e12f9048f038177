import * as z from 'zod';
import { list } from '../../kubernetes/bounds.ts';
import { map } from '../../kubernetes/map.ts';
import { type Metadata, metadataWire, toMetadata } from '../../kubernetes/metadata.ts';
import { type Read, readWith } from '../../kubernetes/read.ts';
import { isRecord, itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { groupName, groupRefWire, nameRefWire, refName } from '../../kubernetes/reference.ts';
import { hasPrefixes, type NamedBackend, namedBackends } from '../namedBackends.ts';
import { type Reference, referencesOfVirtualServer } from '../references.ts';

/** `spec.outgoingAuth.source`, and the `type` of the default and the overrides. Source: the enums of the CRD. */
export const AUTH_SOURCES = ['discovered', 'inline'] as const;
export const CHOICE_TYPES = ['discovered', 'externalAuthConfigRef'] as const;

/** The name of the vMCP's container. Source: the operator's Deployment. */
export const VMCP_CONTAINER = 'vmcp';

/** `outgoingAuth.default` and each of `outgoingAuth.backends`. */
export interface BackendAuthChoice {
  /** `discovered` or `externalAuthConfigRef`. */
  readonly type: string | undefined;
  readonly authConfig: string | undefined;
}

/** A backend that `spec.config.backends` names itself. */
export interface ConfiguredBackend {
  readonly name: string;
  readonly url: string;
  readonly type: string | undefined;
  readonly caBundlePath: string | undefined;
}

/** The field of the group as an object spells it, and the old spelling that is ignored, because a new one is set too. */
interface VirtualServerFields {
  readonly group: 'spec.groupRef.name' | 'spec.groupRef' | 'spec.config.groupRef';
  readonly ignored: 'spec.config.groupRef' | undefined;
}

/** A VirtualMCPServer: one vMCP that serves the backends of one group. */
export interface VirtualMcpServer {
  readonly kind: 'VirtualMCPServer';
  readonly metadata: Metadata;
  /** `spec.groupRef.name`, or `spec.config.groupRef` in manifests of before 2026-04-14. */
  readonly group: string | undefined;
  readonly fields: VirtualServerFields;
  /** `inline` is static mode; ToolHive's default is `discovered`. */
  readonly source: string;
  readonly defaultAuth: BackendAuthChoice | undefined;
  /** `outgoingAuth.backends` by name; an object without a prototype, so that it knows its own names only. */
  readonly backendAuth: Readonly<Record<string, BackendAuthChoice>>;
  /** `spec.incomingAuth.type`: `anonymous` or `oidc`. */
  readonly incomingAuth: string | undefined;
  /** The ConfigMap that has its authorization policies, and the key there. */
  readonly policyConfigMap: { readonly name: string; readonly key: string } | undefined;
  /** Undefined without `spec.authServerConfig`; else its issuer and the names of its upstream providers, in order. */
  readonly authServer:
    | { readonly issuer: string | undefined; readonly providers: readonly string[] }
    | undefined;
  /** The shared objects that it names, without the auth configs of `outgoingAuth`. */
  readonly references: readonly Reference[];
  /** Names of the composite tools in `spec.config.compositeTools`. */
  readonly compositeTools: readonly string[];
  /** The backends that its settings name. */
  readonly namedBackends: readonly NamedBackend[];
  /** Whether the name of every tool begins with the name of its backend and a separator. */
  readonly prefixesTools: boolean;
  /** Whether backends without settings of their own show no tools. */
  readonly hidesUnlisted: boolean;
  /** `spec.passthroughHeaders`, or if that is empty `spec.config.passthroughHeaders`, with the list and the position there. */
  readonly passthroughHeaders: readonly {
    readonly name: string;
    readonly list: string;
    readonly index: number;
  }[];
  readonly backends: readonly ConfiguredBackend[];
  /** Names of the environment variables that `spec.podTemplateSpec` sets in the container of the vMCP. */
  readonly templateVariables: readonly string[];
}

const choiceWire = z.object({ type: z.string().nullish(), externalAuthConfigRef: nameRefWire });

const wire = z.object({
  metadata: metadataWire.nullish(),
  spec: z
    .object({
      groupRef: groupRefWire,
      outgoingAuth: z
        .object({
          source: z.string().nullish(),
          default: choiceWire.nullish(),
          backends: map(choiceWire.nullable()).nullish(),
        })
        .nullish(),
      authServerConfig: z
        .object({
          issuer: z.string().nullish(),
          upstreamProviders: list(z.object({ name: z.string().nullish() })).nullish(),
        })
        .nullish(),
      passthroughHeaders: list(z.string()).nullish(),
      podTemplateSpec: z.unknown().optional(),
      config: z
        .object({
          groupRef: groupRefWire,
          passthroughHeaders: list(z.string()).nullish(),
          backends: list(
            z.object({
              name: z.string().nullish(),
              url: z.string().nullish(),
              type: z.string().nullish(),
              caBundlePath: z.string().nullish(),
            }),
          ).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

function toChoice(choice: z.infer<typeof choiceWire>): BackendAuthChoice {
  return { type: choice.type ?? undefined, authConfig: refName(choice.externalAuthConfigRef) };
}

function toFields({ groupRef, config }: NonNullable<z.infer<typeof wire>['spec']>): VirtualServerFields {
  const inConfig = groupName(config?.groupRef) !== undefined;
  if (groupName(groupRef) === undefined && inConfig)
    return { group: 'spec.config.groupRef', ignored: undefined };
  return {
    group: typeof groupRef === 'string' ? 'spec.groupRef' : 'spec.groupRef.name',
    ignored: inConfig ? 'spec.config.groupRef' : undefined,
  };
}

function namedItems(parent: unknown, field: string): readonly Readonly<Record<string, unknown>>[] {
  const items = isRecord(parent) ? parent[field] : undefined;
  return Array.isArray(items) ? items.filter(isRecord) : [];
}

/** The operator merges the template into its own Pod template, containers and variables by name. */
function templateVariables(template: unknown): readonly string[] {
  return namedItems(isRecord(template) ? template.spec : undefined, 'containers')
    .filter(({ name }) => name === VMCP_CONTAINER)
    .flatMap((container) => namedItems(container, 'env'))
    .flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
}

/** The default key is the CRD's. */
function policyConfigMap(raw: unknown): VirtualMcpServer['policyConfigMap'] {
  const authz = ['spec', 'incomingAuth', 'authzConfig'] as const;
  const name = textAt(raw, ...authz, 'configMap', 'name');
  if (textAt(raw, ...authz, 'type') === 'inline' || name === undefined) return undefined;
  return { name, key: textAt(raw, ...authz, 'configMap', 'key') ?? 'authz.json' };
}

function toVirtualServer(object: z.infer<typeof wire>, raw: unknown): VirtualMcpServer {
  const spec = object.spec ?? {};
  const auth = spec.outgoingAuth;
  const choices: Record<string, BackendAuthChoice> = Object.create(null);
  for (const [name, choice] of auth?.backends ?? []) if (choice) choices[name] = toChoice(choice);
  const named = (names: readonly string[] | null | undefined, list: string) =>
    (names ?? []).map((name, index) => ({ name, list, index }));
  return {
    kind: 'VirtualMCPServer',
    metadata: toMetadata(object.metadata),
    group: groupName(spec.groupRef) ?? groupName(spec.config?.groupRef),
    fields: toFields(spec),
    source: auth?.source || 'discovered',
    defaultAuth: auth?.default ? toChoice(auth.default) : undefined,
    backendAuth: choices,
    incomingAuth: textAt(raw, 'spec', 'incomingAuth', 'type'),
    policyConfigMap: policyConfigMap(raw),
    authServer: spec.authServerConfig
      ? {
          issuer: spec.authServerConfig.issuer ?? undefined,
          providers: (spec.authServerConfig.upstreamProviders ?? []).map((upstream) => upstream.name ?? ''),
        }
      : undefined,
    references: referencesOfVirtualServer(raw),
    compositeTools: itemsAt(raw, 'spec', 'config', 'compositeTools').flatMap(
      ([, tool]) => textAt(tool, 'name') ?? [],
    ),
    namedBackends: namedBackends(valueAt(raw, 'spec', 'config')),
    prefixesTools: hasPrefixes(valueAt(raw, 'spec', 'config')),
    hidesUnlisted: textAt(raw, 'spec', 'config', 'aggregation', 'defaultToolVisibility') === 'deny',
    passthroughHeaders: spec.passthroughHeaders?.length
      ? named(spec.passthroughHeaders, 'spec.passthroughHeaders')
      : named(spec.config?.passthroughHeaders, 'spec.config.passthroughHeaders'),
    backends: (spec.config?.backends ?? []).map((backend) => ({
      name: backend.name ?? '',
      url: backend.url ?? '',
      type: backend.type ?? undefined,
      caBundlePath: backend.caBundlePath ?? undefined,
    })),
    templateVariables: templateVariables(spec.podTemplateSpec),
  };
}

/** True when the default or an override uses the auth config. */
export function choosesConfig({ defaultAuth, backendAuth }: VirtualMcpServer, name: string): boolean {
  return [defaultAuth, ...Object.values(backendAuth)].some(
    (choice) => choice?.type === 'externalAuthConfigRef' && choice.authConfig === name,
  );
}

/**
 * True when a vMCP calls a backend with the auth config that the backend's own object names. In static mode an override for
 * the backend replaces that config; in dynamic mode the config of the object wins over an override. Source: `ApplyToBackend`
 * of toolhive v0.47.0, pkg/vmcp/config.
 */
export function usesOwnAuth({ source, backendAuth }: VirtualMcpServer, backend: string): boolean {
  const override = backendAuth[backend];
  return source !== 'inline' || override === undefined || override.type === 'discovered';
}

export function readVirtualServer(raw: unknown): Read<VirtualMcpServer> {
  return readWith(wire, raw, (object) => toVirtualServer(object, raw));
}
