import { MAX_NAME } from '../../kubernetes/bounds.ts';
import { isDataKey, isObjectName } from '../../kubernetes/objectNames.ts';
import { isRecord } from '../../kubernetes/record.ts';
import { type CaBundleRef, caBundleKey, DEFAULT_CA_KEY } from '../../toolhive/models/caBundleRef.ts';
import type { McpServerEntry } from '../../toolhive/models/serverEntry.ts';
import { invalid, required } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type Facts, type LoneObject, warn } from '../rule.ts';
import { checkConfigMap } from './configMap.ts';
import { KEY, NAME, REF } from './fields.ts';

export const caReferenceRules = {
  'ca-bundle-name': deny('caBundleRef must name a ConfigMap.', 'MCPServerEntry'),
  'ca-bundle-key': deny(
    'The key of a CA bundle must be a ConfigMap key that can be a file name.',
    'MCPServerEntry',
  ),
  'ca-bundle-without-source': warn('caBundleRef must have a source.', 'MCPServerEntry'),
  'ca-bundle-optional': warn('caBundleRef must not rely on optional.', 'MCPServerEntry'),
};

/** The CRD lets an empty name through, and ToolHive then looks for a ConfigMap without a name. */
function checkName(name: string): Finding[] {
  if (name === '')
    return [
      required({
        rule: 'ca-bundle-name',
        field: NAME,
        detail: 'the name of a ConfigMap in the same namespace',
      }),
    ];
  if (isObjectName(name)) return [];
  return [
    invalid({
      rule: 'ca-bundle-name',
      field: NAME,
      value: name,
      detail: `is not a valid ConfigMap name: at most ${MAX_NAME} lower-case letters, digits, "-" and "."`,
    }),
  ];
}

/** The key becomes a file name in the Pod and a path in config.yaml. */
function checkKey(key: string): Finding[] {
  const say = (detail: string) => [invalid({ rule: 'ca-bundle-key', field: KEY, value: key, detail })];
  if (key.includes('..'))
    return say(
      'must not contain "..": the vMCP refuses its whole configuration when the path of a CA bundle does',
    );
  if (key === '.') return say('must not be ".": it becomes a file name');
  if (!isDataKey(key))
    return say(`is not a valid ConfigMap key: at most ${MAX_NAME} letters, digits, "-", "_" and "."`);
  return [];
}

/** The CRD takes Kubernetes' selector type, whose key is required, so ToolHive's own default needs an empty one. */
const KEY_ABSENT = required({
  rule: 'ca-bundle-key',
  field: KEY,
  detail: `the key of the ConfigMap; the CRD asks for one, so write ${DEFAULT_CA_KEY} (which ToolHive takes when the key is "")`,
});

function checkReference(ref: CaBundleRef): Finding[] {
  return [...checkName(ref.name), ...(ref.key === undefined ? [KEY_ABSENT] : checkKey(caBundleKey(ref)))];
}

/** The ConfigMap that the rules look into; undefined when there is none, or when the reference itself is wrong. */
export function configMapToRead(ref: CaBundleRef | undefined): string | undefined {
  if (ref === undefined || ref.key === undefined || !isObjectName(ref.name)) return undefined;
  return checkKey(caBundleKey(ref)).length > 0 ? undefined : ref.name;
}

const OPTIONAL = invalid({
  rule: 'ca-bundle-optional',
  field: `${REF}.optional`,
  value: 'true',
  detail: 'ToolHive ignores optional: without the ConfigMap this entry is not served',
});

/** `spec.caBundleRef.configMapRef`, and the ConfigMap that it names when that was looked up. */
export function checkCaBundle({ caBundle: ref }: McpServerEntry, { configMap, now }: Facts): Finding[] {
  if (ref === undefined) return [];
  const findings = checkReference(ref);
  if (configMap !== undefined) findings.push(...checkConfigMap(ref, configMap, now));
  if (ref.optional) findings.push(OPTIONAL);
  return findings;
}

/** `caBundleRef: {}`, which the CRD takes, since its one source is optional there. */
export function checkCaSource({ spec }: LoneObject): Finding[] {
  const ref = spec.caBundleRef;
  if (!isRecord(ref) || ref.configMapRef != null) return [];
  return [
    required({
      rule: 'ca-bundle-without-source',
      field: REF,
      detail:
        'must name a ConfigMap and its key; without them ToolHive ignores caBundleRef, and only public authorities are trusted',
    }),
  ];
}
