import { parseAllDocuments } from 'yaml';
import type { Decided, Outcome } from '../../../src/admission/outcome.ts';
import type { AdmissionRequest } from '../../../src/admission/review.ts';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { validateReviewer } from '../../../src/review/validate.ts';
import { defaultPolicy, type Policy } from '../../../src/rules/policy/policy.ts';
import { PLURALS, type ToolhiveKind } from '../../../src/toolhive/kinds.ts';

/** The objects of a YAML text. */
export function yaml(text: string): KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}

/** A review as a test writes it; what is left out is filled in as the API server would. */
export interface ReviewSpec {
  readonly operation?: AdmissionRequest['operation'];
  readonly object?: unknown;
  readonly oldObject?: unknown;
  readonly subResource?: string;
  readonly namespace?: string;
  readonly kind?: ToolhiveKind;
  /** What the cluster holds. */
  readonly cluster?: readonly KubernetesObject[];
  readonly policy?: Policy;
  readonly now?: Date;
  readonly secrets?: boolean;
  readonly userInfo?: AdmissionRequest['userInfo'];
  readonly dryRun?: boolean;
}

/** The request of a review. */
export function toRequest(spec: ReviewSpec): AdmissionRequest {
  const subject = (spec.object ?? spec.oldObject) as
    | { kind?: unknown; metadata?: { name?: unknown } }
    | undefined;
  const kind = spec.kind ?? (typeof subject?.kind === 'string' ? subject.kind : 'MCPServerEntry');
  const type = { group: 'toolhive.stacklok.dev', version: 'v1beta1' };
  const name = subject?.metadata?.name;
  return {
    uid: 'test',
    kind: { ...type, kind },
    resource: { ...type, resource: PLURALS[kind as ToolhiveKind] ?? 'others' },
    operation: spec.operation ?? (spec.oldObject === undefined ? 'CREATE' : 'UPDATE'),
    namespace: spec.namespace ?? 'default',
    object: spec.object,
    oldObject: spec.oldObject,
    userInfo: spec.userInfo,
    dryRun: spec.dryRun,
    ...(typeof name === 'string' ? { name } : {}),
    ...(spec.subResource === undefined ? {} : { subResource: spec.subResource }),
  };
}

/** The decision of an outcome. Throws when the review failed. */
export function decided(outcome: Outcome): Decided {
  if (outcome.kind === 'errored') throw new Error(outcome.message);
  return outcome;
}

/** The outcome of a review by the validating webhook over a catalog of manifests. */
export function review(spec: ReviewSpec): Promise<Outcome> {
  const documents = (spec.cluster ?? []).map((object, index) => ({
    file: 'cluster.yaml',
    document: index + 1,
    line: 1,
    object,
  }));
  const catalog = manifestCatalog(documents, { secrets: spec.secrets ?? false });
  const reviewer = validateReviewer({ catalog, policy: spec.policy ?? defaultPolicy() });
  return reviewer(toRequest(spec), {
    signal: new AbortController().signal,
    now: spec.now ?? new Date('2026-06-01T00:00:00Z'),
  });
}

/** The group that examples belong to. */
export const TEAM = yaml(`
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPGroup
metadata: {name: team, namespace: default}
status: {phase: Ready}
`);

/** An entry that nothing is wrong with but what the given parts of its spec say. */
export function entry(spec: Readonly<Record<string, unknown>> = {}, metadata: object = {}, status?: object) {
  return {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: { name: 'billing', namespace: 'default', generation: 1, ...metadata },
    spec: {
      remoteUrl: 'https://mcp.example.com/mcp',
      transport: 'streamable-http',
      groupRef: { name: 'team' },
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

export type Spec = Readonly<Record<string, unknown>>;

/** A vMCP of the group, with the given parts of its spec. */
export function virtualServer(spec: Spec): KubernetesObject {
  return {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'VirtualMCPServer',
    metadata: { name: 'team-vmcp', namespace: 'default' },
    spec: { groupRef: { name: 'team' }, ...spec },
  };
}

/** A definition of a composite tool with these steps. */
export function compositeTool(steps: readonly Spec[]): KubernetesObject {
  return {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'VirtualMCPCompositeToolDefinition',
    metadata: { name: 'report', namespace: 'default' },
    spec: { name: 'report', description: 'makes a report', steps },
  };
}

/** A vMCP with a policy and the given parts of its spec. */
export const optimized = (spec: Spec) =>
  virtualServer({
    incomingAuth: {
      type: 'anonymous',
      authzConfig: { type: 'inline', inline: { policies: ['permit(principal, action, resource);'] } },
    },
    ...spec,
  });

/** A vMCP whose auth server lets clients have a scope that it does not offer. */
export const scopes = (server: Spec, ...offered: readonly string[]) =>
  virtualServer({
    incomingAuth: {
      type: 'oidc',
      oidcConfigRef: {
        name: 'idp',
        audience: 'https://v.example',
        resourceUrl: 'https://v.example',
        scopes: offered,
      },
    },
    authServerConfig: {
      issuer: 'https://idp.example',
      ...server,
      upstreamProviders: [
        { name: 'g', type: 'oidc', oidcConfig: { issuerUrl: 'https://g.example', clientId: 'a' } },
      ],
    },
  });
