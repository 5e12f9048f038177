import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { StoredKind } from '../../../src/toolhive/kinds.ts';
import { type Dice, type Mutant, mutateData } from '../mutate/data.ts';

const FOLDER = join(import.meta.dirname, '..', 'objects');

/** An object of a ToolHive kind. */
export interface ToolHiveObject {
  readonly apiVersion: string;
  readonly kind: StoredKind;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The objects of one of the files, all valid. */
export function objectsOf(file: 'servers' | 'neighbours' | 'others'): ToolHiveObject[] {
  const text = readFileSync(join(FOLDER, `${file}.yaml`), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as ToolHiveObject);
}

/** An object whose spec was changed. */
export interface MutantObject extends Mutant {
  readonly object: ToolHiveObject;
}

/** Changes the spec of an object. */
export function mutateObject(object: ToolHiveObject, dice: readonly Dice[]): MutantObject {
  const mutant = mutateData(object.spec, dice);
  // What JSON cannot hold becomes null, as for every client.
  const spec: unknown = JSON.parse(
    JSON.stringify(parse(mutant.yaml, { logLevel: 'silent', uniqueKeys: false })),
  );
  const change = `${object.kind} ${object.metadata.name}: ${mutant.change}`;
  return { ...mutant, change, object: { ...object, spec: spec as ToolHiveObject['spec'] } };
}
