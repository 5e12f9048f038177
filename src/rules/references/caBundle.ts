import type { Lookup } from '../../catalog/catalog.ts';
import type { ConfigMap } from '../../kubernetes/configMap.ts';
import { quoted } from '../../text/line.ts';
import { type CaBundleRef, caBundleKey } from '../../toolhive/models/caBundleRef.ts';
import type { McpOidcConfig } from '../../toolhive/models/oidcConfig.ts';
import type { McpTelemetryConfig } from '../../toolhive/models/telemetryConfig.ts';
import { invalid, notFound } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type Facts, type Target, warn } from '../rule.ts';

const KINDS: readonly Target[] = ['MCPOIDCConfig', 'MCPTelemetryConfig'];

export const configCaBundleRules = {
  'config-ca-bundle-name': deny(
    'The ConfigMap of a CA bundle must have a name that can be part of the name of a volume.',
    ...KINDS,
  ),
  'config-ca-bundle-not-found': warn('The ConfigMap of a CA bundle must exist and have the key.', ...KINDS),
};

/** A volume is named `oidc-ca-bundle-<name>` or `otel-ca-bundle-<name>`, and may have 63 characters. */
const MAX_LENGTH = 63 - 'oidc-ca-bundle-'.length;
const LABEL_END = /^[a-z0-9-]*[a-z0-9]$/;

/** Where each kind has its reference. */
const PLACES = {
  MCPOIDCConfig: 'spec.inline.caBundleRef.configMapRef',
  MCPTelemetryConfig: 'spec.openTelemetry.caBundleRef.configMapRef',
} as const;

function isVolumeNameEnd(name: string): boolean {
  return name.length <= MAX_LENGTH && LABEL_END.test(name);
}

/** The ConfigMap that the rules look into; undefined when there is none, or when its name is wrong. */
export function sharedConfigMapToRead(ref: CaBundleRef | undefined): string | undefined {
  return ref !== undefined && isVolumeNameEnd(ref.name) ? ref.name : undefined;
}

const PODS_WAIT = 'the Pods of every server and vMCP that uses this stay in ContainerCreating until it does';

function missing(ref: CaBundleRef, lookup: Lookup<ConfigMap>): string | undefined {
  const map = `ConfigMap ${quoted(ref.name)}`;
  if (lookup.state === 'missing') return `${map} does not exist yet; ${PODS_WAIT}`;
  if (lookup.state === 'unavailable') return undefined;
  const key = caBundleKey(ref);
  const has = Object.hasOwn(lookup.value.data, key) || lookup.value.binaryKeys.includes(key);
  return has ? undefined : `${map} has no key ${quoted(key)}; ${PODS_WAIT}`;
}

/** The CA bundle of an MCPOIDCConfig or an MCPTelemetryConfig. */
export function checkConfigCaBundle(
  { kind, caBundle: ref }: McpOidcConfig | McpTelemetryConfig,
  { configMap }: Facts,
): Finding[] {
  if (ref === undefined) return [];
  const said = { field: `${PLACES[kind]}.name`, value: ref.name };
  if (!isVolumeNameEnd(ref.name))
    return [
      invalid({
        ...said,
        rule: 'config-ca-bundle-name',
        detail: `must have at most ${MAX_LENGTH} lower-case letters, digits and "-", since it becomes part of the name of a volume; the API server refuses the Deployment of every server and vMCP that uses this`,
      }),
    ];
  const detail = configMap && missing(ref, configMap);
  return detail === undefined ? [] : [notFound({ ...said, rule: 'config-ca-bundle-not-found', detail })];
}
