import { isDeepStrictEqual } from 'node:util';
import { type Document, isSeq, parseAllDocuments, parseDocument, type YAMLMap } from 'yaml';
import { keptValue } from './keptNodes.ts';
import { fillSlots, findPair, isOwnMap, type Slot, slotOf } from './yamlSlots.ts';
import { PlainScalar, YamlMap, type YamlValue } from './yamlText.ts';

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
  /** The whole config as JavaScript data, read by the rules of YAML 1.2. */
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

/** The first line of a parser's message; the rest quotes the text, which may hold secrets. */
function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').replace(/:$/, '');
}

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

/** What the text says outside of the nodes that are replaced, scalars as their source. */
function untouched(text: string): unknown {
  const data = parseDocument(text, { schema: 'failsafe', logLevel: 'silent' }).toJS() as {
    backends?: unknown;
    outgoingAuth?: { backends?: unknown; default?: unknown };
  };
  delete data.backends;
  delete data.outgoingAuth?.backends;
  delete data.outgoingAuth?.default;
  return data;
}

/** Tries the slots once: whatever unusual YAML the text has, a merge that changes anything else is never delivered. */
function slotsWork(text: string, slots: Readonly<Record<keyof Replacements, Slot>>): boolean {
  const sample = new YamlMap([['name', new YamlMap([['type', 'unauthenticated']])]]);
  const list = [
    new YamlMap([
      ['name', 'a'],
      ['metadata', sample],
    ]),
  ];
  const filled = fillSlots(text, [
    [slots.backends, list],
    [slots.strategies, sample],
    [slots.defaultStrategy, sample],
  ]);
  const parsed = parseAllDocuments(filled, { schema: 'failsafe', logLevel: 'silent' });
  const [document] = parsed;
  if (!document || !('errors' in document) || parsed.length !== 1 || document.errors.length > 0) return false;
  const data = document.toJS() as {
    backends?: unknown;
    outgoingAuth?: { backends?: unknown; default?: unknown };
  };
  const expected = { name: { type: 'unauthenticated' } };
  return (
    isDeepStrictEqual(data.backends, [{ name: 'a', metadata: expected }]) &&
    isDeepStrictEqual(data.outgoingAuth?.backends, expected) &&
    isDeepStrictEqual(data.outgoingAuth?.default, expected) &&
    isDeepStrictEqual(untouched(filled), untouched(text))
  );
}

function readDocument(text: string): { readonly document: Document; readonly root: YAMLMap } | string {
  const documents = parseAllDocuments(text, { schema: 'failsafe', logLevel: 'silent', uniqueKeys: true });
  const [document] = documents;
  if (!document || !('errors' in document) || document.contents === null) return 'it is empty';
  if (documents.length > 1) return 'it holds several YAML documents, and the vMCP reads only the first';
  const [error] = document.errors;
  if (error) return `it is not valid YAML: ${firstLine(error.message)}`;
  if (!isOwnMap(document.contents)) return 'it is not a mapping';
  return { document: document as Document, root: document.contents };
}

/**
 * Reads a base config. Refuses what cannot be merged with certainty: text that is no single YAML mapping, duplicate keys,
 * unknown anchors, an `outgoingAuth` behind an alias. Never throws.
 */
export function readBaseConfig(text: string): ReadBase {
  try {
    const read = readDocument(text);
    if (typeof read === 'string') return unusable(read);
    const { document, root } = read;
    document.toJS(); // throws for unknown anchors and for aliases that multiply without end
    const data = parseDocument(text, { merge: true, logLevel: 'silent' }).toJS() as Record<string, unknown>;
    const auth = findPair(root, 'outgoingAuth')?.value;
    if (!isOwnMap(auth) || auth.items.length === 0)
      return unusable('it has no outgoingAuth with a source, which the vMCP demands');
    const backends = backendsOf(document, root);
    const strategies = strategiesOf(document, auth);
    const defaultStrategy = keptValue(document, findPair(auth, 'default')?.value ?? null);
    const slots = {
      backends: slotOf(text, root, 'backends'),
      strategies: slotOf(text, auth, 'backends'),
      defaultStrategy: slotOf(text, auth, 'default'),
    };
    if (!backends || !strategies || !slots.backends || !slots.strategies || !slots.defaultStrategy)
      return unusable(
        'its backends or outgoingAuth are written in a way that cannot be merged; write them plainly',
      );
    const known = {
      backends: slots.backends,
      strategies: slots.strategies,
      defaultStrategy: slots.defaultStrategy,
    };
    if (!slotsWork(text, known))
      return unusable(
        'its backends or outgoingAuth are written in a way that cannot be merged; write them plainly',
      );
    return {
      ok: true,
      base: { text, backends, strategies, defaultStrategy: fieldsOf(defaultStrategy), data, slots: known },
    };
  } catch (error) {
    return unusable(
      `it is not valid YAML: ${firstLine(error instanceof Error ? error.message : 'unreadable')}`,
    );
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
