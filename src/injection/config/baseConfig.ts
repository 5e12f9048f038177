import { isDeepStrictEqual } from 'node:util';
import { isAlias, isMap, isSeq, type YAMLMap } from 'yaml';
import { NO_ANCHOR, thrownFaultText } from '../../yaml/fault.ts';
import { readDocument } from './document.ts';
import type { GiveWay } from './giveWay.ts';
import { keptValue } from './keptNodes.ts';
import { PlainScalar, toData, YamlMap, type YamlValue } from './render.ts';
import { fillSlots, findPair, isOwnMap, type Slot, slotOf } from './slots.ts';

/** A backend that the base config lists. */
export interface BaseBackend {
  readonly name: string | undefined;
  readonly value: YamlValue;
}

/** A base config, read once: where its nodes stand that injection replaces, and what they hold. */
export interface BaseConfig {
  readonly text: string;
  readonly backends: readonly BaseBackend[];
  /** `outgoingAuth.backends`; a null strategy, which ends the vMCP (gap S9), counts as none. */
  readonly strategies: ReadonlyMap<string, YamlMap>;
  /** True when there is an `outgoingAuth.backends`, if only null or merged in: nothing of it may stay. */
  readonly hasStrategies: boolean;
  readonly defaultStrategy: YamlMap | undefined;
  /** True when the default needs an anchor that may stand in a node that is replaced: it is written anew. */
  readonly defaultByAlias: boolean;
  /** The whole config as JavaScript data, merges resolved, scalars other than null as texts. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly slots: Readonly<Record<keyof Replacements, Slot>>;
}

/** The nodes that injection may replace. */
export interface Replacements {
  readonly backends?: YamlValue;
  readonly strategies?: YamlValue;
  readonly defaultStrategy?: YamlValue;
}

export type ReadBase =
  | { readonly ok: true; readonly base: BaseConfig }
  | { readonly ok: false; readonly message: string };

function unusable(message: string): ReadBase {
  return { ok: false, message };
}

function fieldsOf(value: YamlValue | undefined): YamlMap | undefined {
  return value instanceof YamlMap ? value : undefined;
}

function nameOf(value: YamlValue): string | undefined {
  const name = fieldsOf(value)?.get('name');
  if (name instanceof PlainScalar) return name.isNull ? undefined : name.text;
  return typeof name === 'string' ? name : undefined;
}

function backendsOf(root: YamlMap): readonly BaseBackend[] | undefined {
  const list = root.get('backends');
  if (list === undefined || list instanceof PlainScalar) return [];
  return Array.isArray(list) ? list.map((value: YamlValue) => ({ name: nameOf(value), value })) : undefined;
}

function strategiesOf(auth: YamlMap): ReadonlyMap<string, YamlMap> {
  const strategies = new Map<string, YamlMap>();
  for (const [name, value] of fieldsOf(auth.get('backends'))?.pairs ?? [])
    if (value instanceof YamlMap) strategies.set(name, value);
  return strategies;
}

type Data = {
  backends?: unknown;
  outgoingAuth?: { backends?: unknown; default?: unknown };
  [key: string]: unknown;
};

/** What a document says outside of the nodes that are replaced, scalars as their source. */
function untouched(data: Data): Data {
  const { backends: _, outgoingAuth, ...others } = data;
  const { backends: __, default: ___, ...auth } = outgoingAuth ?? {};
  return { ...others, outgoingAuth: auth };
}

const NOT_MERGEABLE =
  'it is written in a way that cannot be merged (an alias or << in place of outgoingAuth itself, a << of what is no mapping, a tag, a mapping as a key); write backends and outgoingAuth plainly';
const ANCHOR_GOES =
  'an anchor inside its backends or outgoingAuth is used outside of them, and would be gone when they are replaced; define it elsewhere';

/** Tries the slots once: whatever unusual YAML the text has, a merge that changes anything else is never delivered. */
async function slotsProblem(
  text: string,
  data: Data,
  slots: BaseConfig['slots'],
  giveWay: GiveWay,
): Promise<string | undefined> {
  const sample = new YamlMap([['name', new YamlMap([['type', 'unauthenticated']])]]);
  const list = [
    new YamlMap([
      ['name', 'a'],
      ['metadata', sample],
    ]),
  ];
  const filled = await readDocument(
    fillSlots(text, [
      [slots.backends, list],
      [slots.strategies, sample],
      [slots.defaultStrategy, sample],
    ]),
    giveWay,
  );
  // What was read before lacks an anchor only when that has gone.
  if (typeof filled === 'string') return filled.includes(NO_ANCHOR) ? ANCHOR_GOES : NOT_MERGEABLE;
  const merged = filled.document.toJS() as Data;
  await giveWay();
  const expected = { name: { type: 'unauthenticated' } };
  const same =
    isDeepStrictEqual(merged.backends, [{ name: 'a', metadata: expected }]) &&
    isDeepStrictEqual(merged.outgoingAuth?.backends, expected) &&
    isDeepStrictEqual(merged.outgoingAuth?.default, expected) &&
    isDeepStrictEqual(untouched(merged), untouched(data));
  return same ? undefined : NOT_MERGEABLE;
}

/** Where the nodes stand, or undefined when one cannot be placed. */
function slotsIn(text: string, root: YAMLMap, auth: YAMLMap): BaseConfig['slots'] | undefined {
  const backends = slotOf(text, root, 'backends');
  const strategies = slotOf(text, auth, 'backends');
  const defaultStrategy = slotOf(text, auth, 'default');
  return backends && strategies && defaultStrategy && { backends, strategies, defaultStrategy };
}

/** True for a node that needs an anchor from elsewhere, perhaps from a node that is replaced. */
function hasAlias(node: unknown): boolean {
  if (isAlias(node)) return true;
  if (isSeq(node)) return node.items.some(hasAlias);
  return isMap(node) && node.items.some(({ key, value }) => hasAlias(key) || hasAlias(value));
}

/**
 * Reads a base config. Refuses what cannot be merged with certainty: text that is no YAML mapping, duplicate keys, unknown
 * anchors, an `outgoingAuth` behind an alias. Of several documents the vMCP reads the first, so that alone is kept.
 * Never rejects. A text of 100 KB takes some 70 ms, in slices.
 */
export async function readBaseConfig(given: string, giveWay: GiveWay): Promise<ReadBase> {
  try {
    const read = await readDocument(given, giveWay);
    if (typeof read === 'string') return unusable(read);
    const { document, root, text } = read;
    // Throws for aliases that multiply without end.
    const data = document.toJS() as Data;
    await giveWay();
    const whole = fieldsOf(keptValue(document, root));
    if (!whole) return unusable(NOT_MERGEABLE);
    const fields = fieldsOf(whole.get('outgoingAuth'));
    if (!fields || fields.pairs.length === 0)
      return unusable('it has no outgoingAuth with a source, which the vMCP demands');
    const auth = findPair(root, 'outgoingAuth')?.value;
    const backends = backendsOf(whole);
    const slots = isOwnMap(auth) ? slotsIn(text, root, auth) : undefined;
    if (!isOwnMap(auth) || !backends || !slots) return unusable(NOT_MERGEABLE);
    const defaultStrategy = fieldsOf(fields.get('default'));
    const defaultByAlias = hasAlias(findPair(auth, 'default')?.value);
    const problem = await slotsProblem(text, data, slots, giveWay);
    if (problem !== undefined || (defaultByAlias && !defaultStrategy))
      return unusable(problem ?? NOT_MERGEABLE);
    await giveWay();
    return {
      ok: true,
      base: {
        text,
        backends,
        strategies: strategiesOf(fields),
        hasStrategies: fields.get('backends') !== undefined,
        defaultStrategy,
        defaultByAlias,
        data: toData(whole) as Readonly<Record<string, unknown>>,
        slots,
      },
    };
  } catch (error) {
    return unusable(`it is not valid YAML: ${thrownFaultText(error)}`);
  }
}

/** The base config with some of its nodes replaced and every other byte as it was. */
export function renderConfig(base: BaseConfig, replacements: Replacements): string {
  const filled = (Object.keys(base.slots) as (keyof Replacements)[]).flatMap((key) => {
    const value = replacements[key];
    return value === undefined ? [] : [[base.slots[key], value] as const];
  });
  return fillSlots(base.text, filled);
}
