import { CONFIG_ANNOTATION, compare, REPORT_ANNOTATION } from '../contract.ts';
import type { Backend } from '../discovery/backend.ts';
import { mergedMetadata } from '../discovery/metadata.ts';
import { type Report, type ReportDetail, reportText } from '../report/report.ts';
import type { Settled } from '../resolve.ts';
import { caPath } from '../volumes/caBundles.ts';
import { renderConfig } from './baseConfig.ts';
import { YamlMap, type YamlValue } from './render.ts';
import { annotationBytes, firstThatFits, type Shares } from './size.ts';

/**
 * Stands alone in `backends` when nothing can be served: an empty list would switch the vMCP to dynamic mode, for which
 * its ServiceAccount has no rights. `.invalid` never resolves (RFC 6761).
 */
export const PLACEHOLDER_BACKEND = 'vmcp-admission-no-servable-backend';

const PLACEHOLDER = new YamlMap([
  ['name', PLACEHOLDER_BACKEND],
  ['url', `http://${PLACEHOLDER_BACKEND}.invalid/mcp`],
  ['transport', 'streamable-http'],
]);

/** One item of `backends`. `withCopied`: with the annotations copied into its metadata. */
export function backendNode(backend: Backend, withCopied: boolean): YamlMap {
  const { name, url, transport, ca, kind, metadata } = backend;
  const pairs = withCopied ? mergedMetadata(metadata) : metadata.system;
  return new YamlMap([
    ['name', name],
    ['url', url],
    ['transport', transport],
    // Always for entries: the vMCP refuses a caBundlePath without it (gap S1).
    ['type', kind === 'MCPServerEntry' ? 'entry' : undefined],
    ['caBundlePath', ca && caPath(name, ca)],
    ['metadata', new YamlMap(pairs)],
  ]);
}

/** `backends` of the merged config, sorted by name, `bare` ones without the annotations copied into their metadata. */
export function backendNodes(settled: Settled, bare: ReadonlySet<Backend>): readonly YamlMap[] {
  const named: (readonly [string, YamlMap])[] = [
    ...settled.backends.map((backend) => [backend.name, backendNode(backend, !bare.has(backend))] as const),
    ...settled.kept,
  ];
  return named.length === 0 ? [PLACEHOLDER] : named.sort(([a], [b]) => compare(a, b)).map(([, node]) => node);
}

/** `outgoingAuth.backends` of the merged config. */
export function strategyNodes({ strategies, backends, kept }: Settled): YamlMap {
  if (backends.length + kept.size > 0) return strategies;
  return new YamlMap([[PLACEHOLDER_BACKEND, new YamlMap([['type', 'unauthenticated']])]]);
}

/** The merged config as text, `bare` backends without the annotations copied into their metadata. */
export function writeConfig(settled: Settled, bare: ReadonlySet<Backend>): string {
  const { base } = settled;
  const backends: YamlValue = backendNodes(settled, bare);
  const defaultStrategy = settled.defaultStrategy ?? (base.defaultByAlias ? base.defaultStrategy : undefined);
  const strategies = strategyNodes(settled);
  // An absent map stays absent, as ToolHive leaves it out when it is empty.
  const needed = strategies.pairs.length > 0 || base.hasStrategies;
  return renderConfig(base, {
    backends,
    ...(needed && { strategies }),
    ...(defaultStrategy && { defaultStrategy }),
  });
}

function copiedBytes({ metadata }: Backend): number {
  return metadata.copied.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
}

interface Annotations {
  readonly config: string;
  readonly report: string;
}

/** What is delivered, and its text in the fullest form. */
interface FullConfig {
  readonly settled: Settled;
  readonly text: string;
}

/** The annotations from the fullest form to the smallest. */
function* forms({ settled, text }: FullConfig, report: Report): Generator<() => Annotations> {
  const make = (bare: ReadonlySet<Backend>, detail: ReportDetail) => (): Annotations => {
    const trimmed = {
      kind: 'Pod',
      name: '',
      reason: 'metadata-trimmed',
      message: `annotations copied into the metadata of ${bare.size} backends were left out to fit into the Pod's annotations`,
    } as const;
    const notes = bare.size > 0 ? [trimmed, ...report.notes] : report.notes;
    const config = bare.size > 0 ? writeConfig(settled, bare) : text;
    return { config, report: reportText({ ...report, notes }, detail) };
  };
  yield make(new Set(), 'full');
  const heavy = settled.backends
    .map((backend) => ({ backend, bytes: copiedBytes(backend) }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes || compare(a.backend.name, b.backend.name));
  // The largest first, twice as many each time: few texts are made even for a group of thousands.
  for (let count = 1; count < heavy.length; count *= 2)
    yield make(new Set(heavy.slice(0, count).map(({ backend }) => backend)), 'full');
  const all = new Set(heavy.map(({ backend }) => backend));
  for (const detail of ['full', 'sentences', 'counts'] as const) yield make(all, detail);
}

export type FittedAnnotations =
  | { readonly ok: true; readonly annotations: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly shares: Shares };

/** The base config with nothing of the group in it. */
function ofBase({ base, kept, strategies }: Settled): number {
  const own = new YamlMap(strategies.pairs.filter(([name]) => kept.has(name)));
  return Buffer.byteLength(renderConfig(base, { backends: [...kept.values()], strategies: own }));
}

/**
 * All annotations of the Pod with the injected ones, in a form that fits. What is trimmed, in this order: annotations
 * copied into backend metadata, largest backend first; messages of the report; the report's lists.
 * @param present the annotations that the Pod has, those of an earlier pass included
 */
export function fittedAnnotations(
  present: Readonly<Record<string, string>>,
  config: FullConfig,
  report: Report,
): FittedAnnotations {
  const annotated = (form: Annotations) => ({
    ...present,
    [CONFIG_ANNOTATION]: form.config,
    [REPORT_ANNOTATION]: form.report,
  });
  const fit = firstThatFits(forms(config, report), (form) => annotationBytes(annotated(form)));
  if ('form' in fit) return { ok: true, annotations: annotated(fit.form) };
  const { [CONFIG_ANNOTATION]: _, [REPORT_ANNOTATION]: __, ...foreign } = present;
  const [others, ofOwner] = [annotationBytes(foreign), ofBase(config.settled)];
  return { ok: false, shares: { base: ofOwner, group: fit.smallest - others - ofOwner, others } };
}
