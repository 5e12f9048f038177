import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { quoted } from '../text/line.ts';
import { redacted } from '../text/redact.ts';
import { DocumentFault, NO_ANCHOR, notYaml } from './fault.ts';
import { PlainScalar, YamlMap, type YamlValue } from './values.ts';

/**
 * Every plain text that some reader, of YAML 1.1 or 1.2, takes for something else than a string: numbers in all bases and
 * notations, dates, booleans, null, `=` and `<<`. Generous: a string that fits is kept as it was written, too.
 */
const PERHAPS_NO_STRING =
  /^(?:[-+]?\.?[0-9][-+.:_0-9A-Za-z]*(?:[ \t]+[-+.:0-9Z]+)*|[-+]?\.[A-Za-z]+|~|=|<<|y|n|yes|no|on|off|true|false|null)$/i;

const STRING_TAG = 'tag:yaml.org,2002:str';
const MERGE_TAG = 'tag:yaml.org,2002:merge';
const COLLECTION_TAGS: readonly (string | undefined)[] = [
  undefined,
  '!',
  'tag:yaml.org,2002:map',
  'tag:yaml.org,2002:seq',
];

/** Values inside each other at most. */
const MAX_DEPTH = 100;
/** The most that a text may expand to: more does not fit into an annotation. Source: `TotalAnnotationSizeLimitB`. */
const MAX_UNITS = 262_144;

const TAGGED = 'it has a tag (!) other than !!str, which cannot be kept; take it away';
const TOO_DEEP = `it is nested more than ${MAX_DEPTH} levels deep`;
const TOO_LARGE = `its aliases (*) and merges (<<) stand for more than ${MAX_UNITS} characters; write out fewer copies`;
const NO_MERGE = 'a << must merge a mapping, an alias of one, or a list of these';
const BAD_ESCAPE =
  'an escape between double quotes is one of JSON only: "\\/", or a half of a character such as "\\ud83d"; write the character itself';
const NO_KEY_BEFORE = 'a colon has no key before it; quote a text that begins with a colon';
const NO_KEY = 'a key is a mapping, a list or an alias; write it out as a text';

/** What an anchor stands for; undefined while its node is still being read. */
interface Anchored {
  readonly value: YamlValue;
  readonly units: number;
  readonly offset: number;
}

/** An alias in one place that needs an anchor in another one. */
export interface AliasUse {
  readonly alias: number;
  readonly anchor: number;
}

function offsetOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? -1;
}

/** Escapes of YAML 1.2 that yaml.v3 does not take: a slash, and half of a surrogate pair, which JSON writes so. */
const ONLY_IN_JSON = /(?:^|[^\\])(?:\\\\)*\\(?:\/|u[dD][89a-fA-F]|U0000[dD][89a-fA-F])/;

function checkEscapes(node: Scalar): void {
  const { srcToken } = node;
  if (node.type !== Scalar.QUOTE_DOUBLE || srcToken?.type !== 'double-quoted-scalar') return;
  if (ONLY_IN_JSON.test(srcToken.source)) throw notYaml(BAD_ESCAPE, offsetOf(node));
}

/** The value of a scalar that was parsed with the failsafe schema: a string, or a plain scalar as it was written. An empty
 * plain scalar is null. */
function readScalar(node: Scalar): string | PlainScalar {
  const text = String(node.value ?? '');
  checkEscapes(node);
  if (node.tag === STRING_TAG) return text;
  if (node.tag) throw new DocumentFault(TAGGED, offsetOf(node));
  if (node.type !== Scalar.PLAIN) return text;
  if (text === '') return new PlainScalar('null');
  return PERHAPS_NO_STRING.test(text) ? new PlainScalar(text) : text;
}

/** True for the key `<<` of a merge; a quoted one is a key like any other. Source: `isMerge` of yaml.v3. */
export function isMergeKey(key: unknown): boolean {
  if (!isScalar(key)) return false;
  // The library gives such a key a symbol as its value.
  if (key.tag === MERGE_TAG) return true;
  return key.value === '<<' && !key.tag && key.type === Scalar.PLAIN;
}

/** True for a key that is null: yaml.v3 leaves its pair out. Source: `null` of its decode.go. */
function isNullKey(key: unknown): boolean {
  if (!isScalar(key)) return true;
  const value = readScalar(key);
  return value instanceof PlainScalar && value.isNull;
}

/** True for a pair that begins with its colon, which yaml.v3 does not take. */
function hasNoKey({ key, srcToken }: Pair): boolean {
  if (!isScalar(key) || key.type !== Scalar.PLAIN || key.value !== '' || key.tag) return false;
  return !srcToken?.start.some(({ type }) => type === 'explicit-key-ind');
}

function keyOf(key: unknown): string {
  if (key === null) return '';
  if (!isScalar(key)) throw new DocumentFault(NO_KEY, offsetOf(key));
  checkEscapes(key);
  if (isMergeKey(key)) return '<<';
  if (key.tag && key.tag !== STRING_TAG) throw new DocumentFault(TAGGED, offsetOf(key));
  return String(key.value ?? '');
}

/** The keys of a mapping but `<<`. A key that stands twice ends the vMCP. */
function ownKeys(node: YAMLMap): Set<string> {
  const keys = new Set<string>();
  for (const pair of node.items) {
    const { key } = pair;
    if (hasNoKey(pair)) throw notYaml(NO_KEY_BEFORE, offsetOf(key));
    const name = keyOf(key);
    if (keys.has(name))
      throw new DocumentFault(`a mapping has the key ${quoted(redacted(name))} twice`, offsetOf(key));
    keys.add(name);
  }
  return keys;
}

/**
 * Turns the nodes of one document into values, in the order of the text, each node once: an alias gives the very value of
 * its anchor, so time and memory are linear in the text. What aliases and merges would expand to is counted, one unit for
 * each key, value and character, and is refused before anything is expanded. A text without aliases has about as many units
 * as characters at most. Throws a {@link DocumentFault}.
 */
export class NodeReader {
  readonly uses: AliasUse[] = [];
  readonly #anchors = new Map<string, Anchored | undefined>();
  #units = 0;
  #depth = 0;

  /** The value of the mapping that is the whole document. */
  readMapping(root: YAMLMap): YamlMap {
    return this.#anchored(root, () => this.#collection(root, () => this.#map(root)));
  }

  /** What might be a number, boolean, null or date for some reader stays as its source wrote it. */
  #read(node: unknown): YamlValue {
    if (isAlias(node)) return this.#target(node.source, offsetOf(node));
    if (isMap(node)) return this.readMapping(node);
    if (isSeq(node))
      return this.#anchored(node, () =>
        this.#collection(node, () => node.items.map((item) => this.#read(item))),
      );
    if (!isScalar(node)) return this.#counted(new PlainScalar('null'), 0);
    return this.#anchored(node, () => this.#counted(readScalar(node), String(node.value ?? '').length));
  }

  /** Keeps the value under the anchor of its node. An alias inside its own anchor, which would expand without end, is refused. */
  #anchored<T extends YamlValue>(node: Scalar | YAMLMap | YAMLSeq, read: () => T): T {
    const { anchor } = node;
    if (anchor === undefined) return read();
    const before = this.#units;
    this.#anchors.set(anchor, undefined);
    const value = read();
    this.#anchors.set(anchor, { value, units: this.#units - before, offset: offsetOf(node) });
    return value;
  }

  #collection<T extends YamlValue>(node: YAMLMap | YAMLSeq, read: () => T): T {
    if (!COLLECTION_TAGS.includes(node.tag)) throw new DocumentFault(TAGGED, offsetOf(node));
    if (++this.#depth > MAX_DEPTH) throw new DocumentFault(TOO_DEEP, offsetOf(node));
    const value = read();
    this.#depth--;
    return this.#counted(value, 0);
  }

  #counted<T extends YamlValue>(value: T, characters: number): T {
    this.#count(1 + characters);
    return value;
  }

  #count(units: number): void {
    this.#units += units;
    if (this.#units > MAX_UNITS) throw new DocumentFault(TOO_LARGE);
  }

  #target(name: string, alias: number): YamlValue {
    const anchored = this.#anchors.get(name);
    if (!anchored) throw notYaml(NO_ANCHOR, alias);
    this.#count(anchored.units);
    this.uses.push({ alias, anchor: anchored.offset });
    return anchored.value;
  }

  #key(key: unknown): string {
    const name = keyOf(key);
    const units = 1 + name.length;
    this.#count(units);
    const { anchor } = (key ?? {}) as Partial<Scalar>;
    if (anchor !== undefined) this.#anchors.set(anchor, { value: name, units, offset: offsetOf(key) });
    return name;
  }

  /** A mapping with its merges resolved: its own keys win wherever they stand, then the mapping that is merged in first. */
  #map(node: YAMLMap): YamlMap {
    const known = ownKeys(node);
    const pairs: (readonly [string, YamlValue])[] = [];
    for (const { key, value } of node.items) {
      const name = this.#key(key);
      if (!isMergeKey(key)) {
        const item = this.#read(value);
        if (!isNullKey(key)) pairs.push([name, item]);
        continue;
      }
      for (const pair of this.#merged(value)) {
        if (known.has(pair[0])) continue;
        known.add(pair[0]);
        pairs.push(pair);
      }
    }
    return new YamlMap(pairs);
  }

  /**
   * The pairs that a merge brings, those of earlier mappings before later ones. Anything but mappings and a list of them
   * ends the vMCP. Source: `merge` of yaml.v3, which takes no alias to a list either.
   */
  #merged(node: unknown): readonly (readonly [string, YamlValue])[] {
    const value = this.#read(node);
    const maps = isSeq(node) ? (value as readonly YamlValue[]) : [value];
    return maps.flatMap((map) => {
      if (map instanceof YamlMap) return map.pairs;
      throw new DocumentFault(NO_MERGE, offsetOf(node));
    });
  }
}
