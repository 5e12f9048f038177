import { isDeepStrictEqual } from 'node:util';
import { type Document, isSeq, type YAMLMap } from 'yaml';
import { thrownFaultText } from '../yaml/fault.ts';
import type { GiveWay } from './giveWay.ts';
import { keptValue } from './keptNodes.ts';
import { readDocument } from './yamlDocument.ts';
import { fillSlots, findPair, isOwnMap, type Slot, slotOf } from './yamlSlots.ts';
import { PlainScalar, YamlMap, type YamlValue } from './yamlText.ts';

/**
 * Longer configs are refused unread: all annotations of a Pod share 262,144 bytes, and what is replaced seldom makes up more
 * than half of a config.
 */
const MAX_LENGTH = 524_288;

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
  readonly defaultStrategy: YamlMap | undefined;
  /** The whole config as JavaScript data, scalars other than null as texts. */
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
  if (name instanceof PlainScalar) return name.text;
  return typeof name === 'string' ? name : undefined;
}

function backendsOf(document: Document, root: YAMLMap): readonly BaseBackend[] | undefined {
  const node = findPair(root, 'backends')?.value;
  if (!isSeq(node))
    return node === undefined || keptValue(document, node) instanceof PlainScalar ? [] : undefined;
  const backends: BaseBackend[] = [];
  for (const item of node.items) {
    const value = keptValue(document, item);
    if (value === undefined) return undefined;
    backends.push({ name: nameOf(value), value });
  }
  return backends;
}

function strategiesOf(document: Document, auth: YAMLMap): ReadonlyMap<string, YamlMap> | undefined {
  const node = findPair(auth, 'backends')?.value;
  const kept = node === undefined ? undefined : keptValue(document, node);
  const strategies = new Map<string, YamlMap>();
  if (node !== undefined && kept === undefined) return undefined;
  for (const [name, value] of fieldsOf(kept)?.pairs ?? [])
    if (value instanceof YamlMap) strategies.set(name, value);
  return strategies;
}

/** `null` in every spelling of YAML 1.2; the failsafe schema leaves it to its reader. */
const NULL = /^(?:~|null|Null|NULL|)$/;

/** Failsafe data as the vMCP's loader sees it: plain nulls as null. Everything else stays a text, as it does for that. */
function loaderData(value: YamlValue): unknown {
  if (value instanceof PlainScalar) return NULL.test(value.text) ? null : value.text;
  if (value instanceof YamlMap) {
    const data: Record<string, unknown> = Object.create(null);
    for (const [key, item] of value.pairs) if (key !== '<<') data[key] = loaderData(item);
    return data;
  }
  return Array.isArray(value) ? value.map(loaderData) : value;
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

/** Tries the slots once: whatever unusual YAML the text has, a merge that changes anything else is never delivered. */
async function slotsWork(
  text: string,
  data: Data,
  slots: Readonly<Record<keyof Replacements, Slot>>,
  giveWay: GiveWay,
): Promise<boolean> {
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
  if (typeof filled === 'string') return false;
  const merged = filled.document.toJS() as Data;
  await giveWay();
  const expected = { name: { type: 'unauthenticated' } };
  return (
    isDeepStrictEqual(merged.backends, [{ name: 'a', metadata: expected }]) &&
    isDeepStrictEqual(merged.outgoingAuth?.backends, expected) &&
    isDeepStrictEqual(merged.outgoingAuth?.default, expected) &&
    isDeepStrictEqual(untouched(merged), untouched(data))
  );
}

const NOT_MERGEABLE =
  'its backends or outgoingAuth are written in a way that cannot be merged; write them plainly';

/**
 * Reads a base config. Refuses what cannot be merged with certainty: text that is no single YAML mapping, duplicate keys,
 * unknown anchors, an `outgoingAuth` behind an alias. Never rejects. A text of 100 KB takes some 70 ms, in slices.
 */
export async function readBaseConfig(text: string, giveWay: GiveWay): Promise<ReadBase> {
  if (text.length > MAX_LENGTH)
    return unusable(
      `it has ${text.length} characters; a config of more than ${MAX_LENGTH} fits in no annotation`,
    );
  try {
    const read = await readDocument(text, giveWay);
    if (typeof read === 'string') return unusable(read);
    const { document, root } = read;
    // Throws for aliases that multiply without end.
    const data = document.toJS() as Data;
    const auth = findPair(root, 'outgoingAuth')?.value;
    if (!isOwnMap(auth) || auth.items.length === 0)
      return unusable('it has no outgoingAuth with a source, which the vMCP demands');
    await giveWay();
    const whole = keptValue(document, root);
    const backends = backendsOf(document, root);
    const strategies = strategiesOf(document, auth);
    const defaultStrategy = keptValue(document, findPair(auth, 'default')?.value ?? null);
    const slots = {
      backends: slotOf(text, root, 'backends'),
      strategies: slotOf(text, auth, 'backends'),
      defaultStrategy: slotOf(text, auth, 'default'),
    };
    if (!whole || !backends || !strategies || !slots.backends || !slots.strategies || !slots.defaultStrategy)
      return unusable(NOT_MERGEABLE);
    const known = {
      backends: slots.backends,
      strategies: slots.strategies,
      defaultStrategy: slots.defaultStrategy,
    };
    if (!(await slotsWork(text, data, known, giveWay))) return unusable(NOT_MERGEABLE);
    await giveWay();
    return {
      ok: true,
      base: {
        text,
        backends,
        strategies,
        defaultStrategy: fieldsOf(defaultStrategy),
        data: loaderData(whole) as Readonly<Record<string, unknown>>,
        slots: known,
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
