import { YamlMap } from '../../yaml/values.ts';
import { CONFIG_ANNOTATION, compare, REPORT_ANNOTATION } from '../contract.ts';
import type { Backend } from '../discovery/backend.ts';
import { podNote } from '../report/reasons.ts';
import { type Report, type ReportDetail, reportText } from '../report/report.ts';
import { configText } from './baseConfig.ts';
import { type Served, written } from './contents.ts';
import { annotationBytes, firstThatFits, type Shares } from './size.ts';

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

/** A merged config, and its text with all metadata of backends. */
interface FullConfig {
  readonly resolved: Served;
  readonly text: string;
}

/** The annotations from the fullest form to the smallest. */
function* forms({ resolved: served, text }: FullConfig, report: Report): Generator<() => Annotations> {
  const make = (bare: ReadonlySet<Backend>, detail: ReportDetail) => (): Annotations => {
    if (bare.size === 0) return { config: text, report: reportText(report, detail) };
    const trimmed = podNote(
      'metadata-trimmed',
      `annotations copied into the metadata of ${bare.size} backends were left out to fit into the Pod's annotations`,
    );
    return {
      config: configText(served.base, written(served, bare)),
      report: reportText({ ...report, notes: [trimmed, ...report.notes] }, detail),
    };
  };
  yield make(new Set(), 'full');
  const heavy = served.backends
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

/** Bytes of the base config with nothing of the group in it. */
function bytesOfBase(served: Served): number {
  const { base, kept, strategies } = served;
  const own = new YamlMap(strategies.pairs.filter(([name]) => kept.has(name)));
  return Buffer.byteLength(configText(base, written({ ...served, backends: [], strategies: own })));
}

/**
 * All annotations of the Pod with the injected ones, in a form that fits. Trimmed in this order: annotations
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
  const [others, base] = [annotationBytes(foreign), bytesOfBase(config.resolved)];
  return { ok: false, shares: { base, group: fit.smallest - others - base, others } };
}
