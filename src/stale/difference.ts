import { slices } from '../concurrency/slices.ts';
import { readBaseConfig } from '../injection/config/baseConfig.ts';
import { PLACEHOLDER_BACKEND } from '../injection/config/contents.ts';
import { CONFIG_ANNOTATION, compare } from '../injection/contract.ts';
import type { Container, Pod } from '../injection/pod/pod.ts';
import { fieldsAt, isRecord, itemsAt, sameJson, textAt } from '../kubernetes/record.ts';
import { CA_BUNDLE_ROOT } from '../toolhive/names.ts';
import type { OldValue } from './oldValues.ts';

/** What the config that a Pod keeps has other than the one that it would be given now. Names only, no values. */
export interface Difference {
  /** Backends that are served now and not by the Pod. */
  readonly added: readonly string[];
  /** Backends that only the Pod still serves. */
  readonly removed: readonly string[];
  readonly changed: readonly { readonly name: string; readonly fields: readonly string[] }[];
  /** Parts of the config that belong to no backend, and `variables` when the environment alone differs. */
  readonly settings: readonly string[];
  /** What was written after the Pod had read it. */
  readonly values: readonly OldValue[];
}

type Fields = Readonly<Record<string, unknown>>;

/** The parts of a config that are compared. */
interface Parts {
  /** Each backend by name, with its auth and the source of its CA bundle, and without the annotations copied into it. */
  readonly backends: ReadonlyMap<string, Fields>;
  readonly settings: Fields;
}

/** The sources of the CA bundles that a container mounts, by the name of the entry. */
function caSources(pod: Pod): ReadonlyMap<string, unknown> {
  const volumes = new Map((pod.spec.volumes ?? []).map((volume) => [volume.name, volume]));
  const sources = new Map<string, unknown>();
  for (const { volumeMounts } of pod.spec.containers)
    for (const { name, mountPath } of volumeMounts ?? []) {
      if (!mountPath.startsWith(`${CA_BUNDLE_ROOT}/`)) continue;
      const { configMap } = volumes.get(name) ?? {};
      sources.set(mountPath.slice(CA_BUNDLE_ROOT.length + 1).replace(/\/.*$/, ''), {
        name: configMap?.name,
        items: configMap?.items,
      });
    }
  return sources;
}

function configOf(pod: Pod): string | undefined {
  return pod.metadata?.annotations?.[CONFIG_ANNOTATION];
}

/** True when config and CA bundles are the same, as on most Pods. No text is parsed for it, which takes milliseconds. */
function sameConfig(a: Pod, b: Pod): boolean {
  const sources = (pod: Pod) => Object.fromEntries(caSources(pod));
  return configOf(a) === configOf(b) && sameJson(sources(a), sources(b));
}

/** Reads the config in the annotation of a Pod; undefined when there is none that can be read. */
async function partsOf(pod: Pod): Promise<Parts | undefined> {
  const text = configOf(pod);
  const read = text === undefined ? undefined : await readBaseConfig(text, slices());
  if (!read?.ok) return undefined;
  const { backends: _, outgoingAuth, ...rest } = read.value.data;
  const auth = fieldsAt(outgoingAuth, 'backends') ?? {};
  const sources = caSources(pod);
  const backends = new Map<string, Fields>();
  for (const [, backend] of itemsAt(read.value.data, 'backends')) {
    const name = textAt(backend, 'name');
    if (name === undefined || name === PLACEHOLDER_BACKEND || !isRecord(backend)) continue;
    const { metadata, ...fields } = backend;
    backends.set(name, { ...fields, auth: auth[name], caBundle: sources.get(name) });
  }
  const { backends: __, ...otherAuth } = isRecord(outgoingAuth) ? outgoingAuth : {};
  return { backends, settings: { ...rest, outgoingAuth: otherAuth } };
}

/** The keys under which two maps have different values. */
function changedKeys(a: Fields, b: Fields): string[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.filter((key) => !sameJson(a[key], b[key])).sort(compare);
}

/** The variables of a container by name, each with what sets it. */
function variablesOf({ env }: Container): Fields {
  return Object.fromEntries(Map.groupBy(env ?? [], ({ name }) => name));
}

function sameVariables(a: Pod, b: Pod): boolean {
  const all = (pod: Pod) => pod.spec.containers.map(variablesOf);
  return sameJson(all(a), all(b));
}

/** True when the config is the same, whatever was written since. */
export function isSameConfig({ added, removed, changed, settings }: Difference): boolean {
  return added.length + removed.length + changed.length + settings.length === 0;
}

function differ(kept: Parts, now: Parts): Difference {
  const names = (one: Parts, other: Parts) =>
    [...one.backends.keys()].filter((name) => !other.backends.has(name)).sort(compare);
  const changed = [...now.backends].flatMap(([name, backend]) => {
    const before = kept.backends.get(name);
    const fields = before ? changedKeys(before, backend) : [];
    return fields.length > 0 ? [{ name, fields }] : [];
  });
  return {
    added: names(now, kept),
    removed: names(kept, now),
    changed: changed.sort((a, b) => compare(a.name, b.name)),
    settings: changedKeys(kept.settings, now.settings),
    values: [],
  };
}

/** Nothing that differs. */
export const NO_DIFFERENCE: Difference = { added: [], removed: [], changed: [], settings: [], values: [] };

async function configDifference(kept: Pod, now: Pod): Promise<Difference> {
  const [before, after] = await Promise.all([partsOf(kept), partsOf(now)]);
  return before && after ? differ(before, after) : { ...NO_DIFFERENCE, settings: ['config'] };
}

/**
 * What the config of a Pod has that it would not be given now; undefined when there is nothing. Annotations that are copied into the
 * metadata of backends do not count: they change nothing that is served.
 * @param kept the Pod as it is stored
 * @param now the same Pod, injected now
 */
export async function differenceOf(kept: Pod, now: Pod): Promise<Difference | undefined> {
  const found = sameConfig(kept, now) ? NO_DIFFERENCE : await configDifference(kept, now);
  if (!isSameConfig(found)) return found;
  return sameVariables(kept, now) ? undefined : { ...NO_DIFFERENCE, settings: ['variables'] };
}
