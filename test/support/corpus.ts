import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { STORED_KINDS, type StoredKind } from '../../src/toolhive/kinds.ts';

/** An object of a manifest. */
export interface CorpusObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: unknown;
}

/**
 * What ToolHive v0.47.0 makes of an object, said by its own operator and vMCP on a real API server.
 * `poison`: the operator cannot decode it and stops for the kind; `crash`: the vMCP ends at start; `stuck`: the operator marks
 * it Failed or invalid, panics, or retries for ever; `ignored`: something in it does not do what it says; `good`: nothing of that.
 */
type Truth = 'poison' | 'crash' | 'stuck' | 'ignored' | 'good';

/** A line of the corpus: the truth, our findings as `level rule field`, and the object in one of several short forms. */
interface Row extends Partial<Readonly<Record<StoredKind, unknown>>> {
  readonly is: Truth;
  /** Only the operator itself shows it; ToolHive's packages as a library do not. */
  readonly by?: 'operator';
  /** True for what may come or be corrected later, or depends on the version: a warning. */
  readonly later?: true;
  readonly we?: string | readonly string[];
  readonly v?: string;
  readonly name?: string;
  /** Objects beside it, in the place of neighbours of the same names. */
  readonly with?: readonly Named[];
  /** The spec of a VirtualMCPServer without what each needs, its config, and a tool of the config. */
  readonly vmcp?: object;
  readonly config?: object;
  readonly tool?: object;
  /** Its callers need a token. */
  readonly oidc?: true;
}

/** A neighbour: `{Kind: name, spec: …}`; `ok` for the condition Valid. */
interface Named extends Readonly<Record<string, unknown>> {
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
  readonly status?: unknown;
  readonly ok?: 1;
}

export interface CorpusCase {
  readonly line: string;
  readonly row: Row;
  readonly expected: readonly string[];
  readonly object: CorpusObject;
  readonly neighbours: readonly CorpusObject[];
}

const FOLDER = join(import.meta.dirname, 'corpus');
const NAMESPACE = 't';
const VALID = {
  conditions: [
    { type: 'Valid', status: 'True', reason: 'ok', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
  ],
};

function read<T>(name: string): readonly T[] {
  return parse(readFileSync(join(FOLDER, `${name}.yaml`), 'utf8')) as readonly T[];
}

function versionOf(kind: string, version?: string): string {
  return `toolhive.stacklok.dev/${version ?? (kind === 'MCPWebhookConfig' ? 'v1alpha1' : 'v1beta1')}`;
}

function neighbour({ spec, data, status, ok, ...rest }: Named): CorpusObject {
  const [kind, name] = Object.entries(rest)[0] ?? ['', ''];
  const metadata = { name: String(name), namespace: NAMESPACE };
  if (data !== undefined) return { apiVersion: 'v1', kind, metadata, data };
  return { apiVersion: versionOf(kind), kind, metadata, spec, status: ok ? VALID : status };
}

const NEIGHBOURS = read<Named>('neighbours').map(neighbour);
const TOOL = { name: 't', description: 'd' };

function serverSpec({ vmcp, config, tool, oidc }: Row): object {
  const incomingAuth = oidc
    ? { type: 'oidc', oidcConfigRef: { name: 'idp', audience: 'a' } }
    : { type: 'anonymous' };
  const own = tool === undefined ? config : { compositeTools: [{ ...TOOL, ...tool }] };
  return { groupRef: { name: 'team' }, incomingAuth, ...(own && { config: own }), ...vmcp };
}

function objectOf(row: Row): CorpusObject {
  const named = STORED_KINDS.find((kind) => row[kind] !== undefined);
  const kind = named ?? 'VirtualMCPServer';
  return {
    apiVersion: versionOf(kind, row.v),
    kind,
    metadata: { name: row.name ?? 'subject', namespace: NAMESPACE },
    spec: named === undefined ? serverSpec(row) : row[named],
  };
}

function isSame(one: CorpusObject, other: CorpusObject): boolean {
  return one.kind === other.kind && one.metadata.name === other.metadata.name;
}

function caseOf(row: Row): CorpusCase {
  const others = (row.with ?? []).map(neighbour);
  const neighbours = [...NEIGHBOURS.filter((one) => !others.some((other) => isSame(one, other))), ...others];
  const expected = typeof row.we === 'string' ? [row.we] : (row.we ?? []);
  return { line: JSON.stringify(row), row, expected, object: objectOf(row), neighbours };
}

/** A composite tool once more, as a definition of its own. Rules about backends of a group say nothing of that. */
function asDefinition({ row, expected, ...rest }: CorpusCase): CorpusCase {
  const path = 'spec.config.compositeTools[0]';
  const ofTool = expected.filter((finding) => !/ vmcp-backend-unknown /.test(finding));
  return {
    ...rest,
    row,
    expected: ofTool.map((finding) => finding.replace(path, 'spec')),
    object: {
      apiVersion: versionOf(''),
      kind: 'VirtualMCPCompositeToolDefinition',
      metadata: { name: 'subject', namespace: NAMESPACE },
      spec: { ...TOOL, ...row.tool },
    },
  };
}

export const CORPUS_FILES = ['poison', 'virtualServers', 'compositeTools', 'others', 'good'] as const;

/** The cases of one file of the corpus, in its order. */
export function corpusOf(file: (typeof CORPUS_FILES)[number]): readonly CorpusCase[] {
  return read<Row>(file)
    .map(caseOf)
    .flatMap((one) => (one.row.tool === undefined ? [one] : [one, asDefinition(one)]));
}
