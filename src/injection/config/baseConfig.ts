import { type CST, isScalar, type Pair } from 'yaml';
import type { Pause } from '../../concurrency/slices.ts';
import { type MappingDocument, type ReadDocument, readDocument } from '../../yaml/document.ts';
import { DocumentFault } from '../../yaml/fault.ts';
import { isMergeKey } from '../../yaml/nodeReader.ts';
import { blockPair, flowPair } from '../../yaml/print.ts';
import { isNull, textOf, toData, YamlMap, type YamlValue } from '../../yaml/values.ts';

/** A backend that the base config lists. */
export interface BaseBackend {
  readonly name: string | undefined;
  readonly value: YamlValue;
}

/** The two keys of a config whose values injection writes. */
export interface Written {
  readonly backends: YamlValue;
  readonly outgoingAuth: YamlMap;
}

/** Text that stays as it is, or the key of a value that is written. */
type Piece = string | { readonly key: keyof Written };

/**
 * A base config, read once. Its text is cut at its top-level keys. `backends` and `outgoingAuth` are values, which are
 * judged and printed; every other key keeps its bytes, and so its types and comments. (To print the whole document anew
 * takes 40 ms for a text of 262 KB, and the nodes of such a document take 20 MB of memory.)
 */
export interface BaseConfig {
  readonly backends: readonly BaseBackend[];
  /** Merges resolved, as everything here. */
  readonly outgoingAuth: YamlMap;
  /** `outgoingAuth.backends`; a null strategy, which ends the vMCP, counts as none. */
  readonly strategies: ReadonlyMap<string, YamlMap>;
  readonly defaultStrategy: YamlMap | undefined;
  /** The whole config as JavaScript data, scalars other than null as texts. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly pieces: readonly Piece[];
  /** The column of top-level keys; undefined for a config in flow style, as JSON is. */
  readonly indent: number | undefined;
}

export type ReadBase = ReadDocument<BaseConfig>;

function fieldsOf(value: YamlValue | undefined): YamlMap | undefined {
  return value instanceof YamlMap ? value : undefined;
}

function backendsOf(root: YamlMap): readonly BaseBackend[] {
  const list = root.get('backends') ?? [];
  if (isNull(list)) return [];
  if (!Array.isArray(list)) throw new DocumentFault('its backends are not a list');
  return list.map((value: YamlValue) => ({ name: textOf(fieldsOf(value)?.get('name')) || undefined, value }));
}

function strategiesOf(auth: YamlMap): ReadonlyMap<string, YamlMap> {
  const pairs = fieldsOf(auth.get('backends'))?.pairs ?? [];
  return new Map(pairs.filter((pair): pair is readonly [string, YamlMap] => pair[1] instanceof YamlMap));
}

/** Where one top-level pair stands: it begins at `at`, after the space and the comments that begin at `start`. */
interface Place {
  readonly key: string | undefined;
  readonly start: number;
  readonly at: number;
}

const LEADING: ReadonlySet<string> = new Set(['space', 'newline', 'comment', 'comma']);

function placeOf({ key, srcToken }: Pair): Place {
  const { start = [], key: keyToken, sep = [] } = srcToken as CST.CollectionItem;
  const tokens = [...start, keyToken, ...sep].filter((token) => token != null);
  const own = tokens.find(({ type }) => !LEADING.has(type));
  return {
    key: isScalar(key) && !isMergeKey(key) ? String(key.value) : undefined,
    start: tokens[0]?.offset ?? 0,
    at: own?.offset ?? 0,
  };
}

const WRITTEN_KEYS: readonly (keyof Written)[] = ['backends', 'outgoingAuth'];

function isWritten(key: string | undefined): key is keyof Written {
  return WRITTEN_KEYS.some((written) => written === key);
}

const ANCHOR_GOES =
  'an anchor inside its backends or outgoingAuth is used outside of them, and would be gone when they are replaced; define it elsewhere';

/** Cuts the text at its top-level keys. A key that is written and missing comes first. */
function cut({ text, mapping, aliases }: MappingDocument): Piece[] {
  const { root, token, mapEnd, end } = mapping;
  const places = root.items.map(placeOf);
  const flow = token.type === 'flow-collection';
  const spans = places.map(({ key, at }, index) => {
    const next = places[index + 1];
    return { key, at, end: next?.start ?? mapEnd, next: next?.at ?? end };
  });
  const written = spans.filter(({ key }) => isWritten(key));
  const goes = (offset: number) => written.some((span) => span.at <= offset && offset < span.end);
  if (aliases.some(({ alias, anchor }) => goes(anchor) && !goes(alias))) throw new DocumentFault(ANCHOR_GOES);
  const missing = WRITTEN_KEYS.filter((key) => !written.some((span) => span.key === key));
  const separator = flow ? ', ' : `\n${' '.repeat(token.indent)}`;
  return [
    text.slice(0, places[0]?.at),
    ...missing.flatMap((key): Piece[] => [{ key }, separator]),
    ...spans.flatMap(({ key, at, end, next }): Piece[] =>
      isWritten(key) ? [{ key }, `${flow ? '' : '\n'}${text.slice(end, next)}`] : [text.slice(at, next)],
    ),
  ];
}

function baseOf(document: MappingDocument): BaseConfig {
  const { value, mapping } = document;
  const outgoingAuth = fieldsOf(value.get('outgoingAuth'));
  if (!outgoingAuth || outgoingAuth.pairs.length === 0)
    throw new DocumentFault('it has no outgoingAuth with a source, which the vMCP demands');
  return {
    backends: backendsOf(value),
    outgoingAuth,
    strategies: strategiesOf(outgoingAuth),
    defaultStrategy: fieldsOf(outgoingAuth.get('default')),
    data: toData(value) as Readonly<Record<string, unknown>>,
    pieces: cut(document),
    indent: mapping.token.type === 'block-map' ? mapping.token.indent : undefined,
  };
}

/**
 * Reads a base config. Refuses what cannot be merged with certainty: text that is not a YAML mapping, duplicate keys,
 * unknown anchors, and what would take too long or too much space. Of several documents the vMCP reads the first, so that
 * alone is kept. Never rejects.
 */
export function readBaseConfig(text: string, pause: Pause): Promise<ReadBase> {
  return readDocument(text, pause, baseOf);
}

/** The config with these values, and everything else of the base as it was. */
export function configText({ pieces, indent }: BaseConfig, written: Written): string {
  const print = (key: keyof Written) =>
    indent === undefined ? flowPair(key, written[key]) : blockPair(key, written[key], indent);
  return pieces.map((piece) => (typeof piece === 'string' ? piece : print(piece.key))).join('');
}

/** The config with these values as JavaScript data: the data that the vMCP reads from {@link configText}. */
export function configData({ data }: BaseConfig, { backends, outgoingAuth }: Written): unknown {
  return { ...data, backends: toData(backends), outgoingAuth: toData(outgoingAuth) };
}
