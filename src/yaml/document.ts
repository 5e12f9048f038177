import { LineCounter } from 'yaml';
import type { Pause } from '../concurrency/slices.ts';
import { DocumentFault, notYaml, thrownFaultText } from './fault.ts';
import { type AliasUse, NodeReader } from './nodeReader.ts';
import { type ParsedMapping, parseMapping } from './parse.ts';
import { textFault } from './readerText.ts';
import type { YamlMap } from './values.ts';

/** The first document of a text, a mapping. */
export interface MappingDocument {
  readonly text: string;
  readonly mapping: ParsedMapping;
  readonly value: YamlMap;
  readonly aliases: readonly AliasUse[];
}

export type ReadDocument<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

/** The second one is part of the first key, and would be lost when something is written before it. */
const TWO_MARKS = '\ufeff\ufeff';

async function read(text: string, lines: LineCounter, pause: Pause): Promise<MappingDocument> {
  if (text.startsWith(TWO_MARKS)) throw new DocumentFault('it begins with two byte order marks', 1);
  const mapping = await parseMapping(text, lines, pause);
  const reader = new NodeReader();
  const value = reader.readMapping(mapping.root);
  await pause();
  return { text, mapping, value, aliases: reader.uses };
}

/**
 * Reads the first document of a text and returns what `make` returns for it, or one line that says what is wrong and
 * where, without quoting the text. No text of up to 262,144 characters takes more than 300 ms of CPU or 50 ms in one go.
 * Never rejects.
 * @param make may throw a {@link DocumentFault}
 */
export async function readDocument<T>(
  text: string,
  pause: Pause,
  make: (document: MappingDocument) => T,
): Promise<ReadDocument<T>> {
  const unreadable = textFault(text);
  if (unreadable !== undefined) return { ok: false, message: unreadable };
  const lines = new LineCounter();
  try {
    return { ok: true, value: make(await read(text, lines, pause)) };
  } catch (error) {
    const fault = error instanceof DocumentFault ? error : notYaml(thrownFaultText(error));
    return { ok: false, message: fault.at(lines) };
  }
}
