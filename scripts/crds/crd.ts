import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The parts of an OpenAPI schema of a CRD that are read here. */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
}

/** A kind of ToolHive as its CRD describes it. */
export interface Crd {
  readonly kind: string;
  readonly plural: string;
  /** The served versions, newest first. All of them have the same schema. */
  readonly versions: readonly string[];
  readonly schema: Schema;
}

interface CrdFile {
  readonly kind: string;
  readonly spec: {
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** One CRD. @throws when its served versions have different fields, which nothing here expects. */
function toCrd(file: string, { spec }: CrdFile): Crd {
  const served = spec.versions.filter((version) => version.served).reverse();
  const [first] = served;
  if (!first) throw new Error(`${file} serves no version`);
  const fields = (version: typeof first) => JSON.stringify(version.schema.openAPIV3Schema.properties?.spec);
  if (served.some((version) => fields(version) !== fields(first)))
    throw new Error(`${file}: its served versions have different specs`);
  const { kind, plural } = spec.names;
  return { kind, plural, versions: served.map(({ name }) => name), schema: first.schema.openAPIV3Schema };
}

/** The CRDs of a folder, sorted by kind. */
export function readCrds(folder: string): readonly Crd[] {
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => toCrd(name, parse(readFileSync(join(folder, name), 'utf8')) as CrdFile))
    .sort((a, b) => (a.kind < b.kind ? -1 : 1));
}
