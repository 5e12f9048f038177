import type { X509Certificate } from 'node:crypto';
import type {
  V1Deployment,
  V1EndpointSlice,
  V1MutatingWebhook,
  V1MutatingWebhookConfiguration,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1Pod,
  V1PodSpec,
  V1PolicyRule,
  V1Service,
  V1ValidatingWebhook,
  V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import type { SentAnswer } from '../apiClient/send.ts';
import type { Read } from './api.ts';

/** Which installation is examined, and how. */
export interface Target {
  /** Name of the Deployment, the Service and both webhook configurations. */
  readonly name: string;
  readonly namespace: string;
  /** Namespace of the dry runs; undefined to choose one that is reviewed. */
  readonly probeNamespace: string | undefined;
  /** Whether to connect to the Service from here. */
  readonly dial: boolean;
}

/** What this version ships: deploy/base, from which the chart is made too. */
export interface Shipped {
  readonly validating: readonly V1ValidatingWebhook[];
  readonly mutating: readonly V1MutatingWebhook[];
  readonly rights: readonly V1PolicyRule[];
  readonly pod: V1PodSpec;
}

/** One right and whether the API server grants it. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Undefined for the whole cluster. */
  readonly namespace: string | undefined;
  readonly allowed: boolean;
}

/** The serving pair of a Secret. The key is compared where the Secret is read, and not kept. */
export interface ServingPair {
  readonly chain: readonly X509Certificate[];
  readonly hasKey: boolean;
  readonly keyMatches: boolean;
}

/** One version of an API group, and the plurals that it serves. */
export interface ServedVersion {
  readonly version: string;
  readonly resources: readonly string[];
}

/** How a dry run ended. */
export interface Probe {
  readonly namespace: string;
  readonly answer: SentAnswer;
}

/** What was read of the cluster itself. */
export interface ClusterFacts {
  readonly version: Read<{ readonly gitVersion: string }>;
  readonly toolhive: Read<readonly ServedVersion[]>;
  readonly certManager: Read<unknown>;
  readonly caInjectors: Read<readonly V1Deployment[]>;
  readonly operators: Read<readonly V1Deployment[]>;
  readonly vmcps: Read<readonly V1Deployment[]>;
  readonly nodes: Read<readonly V1Node[]>;
  /** The endpoints of the API server: the Service `kubernetes`. */
  readonly apiServers: Read<readonly V1EndpointSlice[]>;
}

/** What was read of the installation. */
export interface InstallationFacts {
  readonly namespace: Read<V1Namespace>;
  readonly validating: Read<V1ValidatingWebhookConfiguration>;
  readonly mutating: Read<V1MutatingWebhookConfiguration>;
  readonly service: Read<V1Service>;
  readonly endpoints: Read<readonly V1EndpointSlice[]>;
  readonly deployment: Read<V1Deployment>;
  readonly pods: Read<readonly V1Pod[]>;
  readonly networkPolicies: Read<readonly V1NetworkPolicy[]>;
  /** Name of the Secret that the Deployment mounts. */
  readonly secretName: string;
  readonly pair: Read<ServingPair>;
}

/** Everything that the checks judge. */
export interface Facts {
  readonly target: Target;
  readonly shipped: Shipped;
  /** Version of this program. */
  readonly version: string;
  readonly now: Date;
  readonly cluster: ClusterFacts;
  readonly installation: InstallationFacts;
  /** The failed parts of /readyz of each Pod that is not ready, by its name. */
  readonly notReady: Readonly<Record<string, Read<readonly string[]>>>;
  /** The answer of a replica that was asked through the API server's proxy for Services. */
  readonly reached: Read<SentAnswer>;
  /** What the Service presents to a TLS client here; absent when doctor did not connect. */
  readonly served: Read<readonly X509Certificate[]>;
  readonly accountRights: Read<readonly Right[]>;
  readonly callerRights: Read<readonly Right[]>;
  /** Dry runs; absent when they were not made. */
  readonly entryProbe: Read<Probe>;
  readonly podProbe: Read<Probe>;
  /** A dry run of a Pod like those of the installation, in its namespace. */
  readonly installProbe: Read<Probe>;
}
