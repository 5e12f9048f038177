import { YamlMap } from '../../yaml/values.ts';
import { CONFIG_ANNOTATION, compare, REPORT_ANNOTATION } from '../contract.ts';
import { type Note, type PodRefusal, podNote } from '../report/reasons.ts';
import { type Report, type ReportDetail, reportText } from '../report/report.ts';
import { configText } from './baseConfig.ts';
import { type Served, written } from './contents.ts';

/** All annotations of an object share this many bytes. Source: `TotalAnnotationSizeLimitB` of apimachinery. */
export const ANNOTATION_LIMIT = 262_144;

type Annotations = Readonly<Record<string, string>>;

/** The size of annotations as the API server counts it: keys and values in UTF-8 bytes. */
export function annotationBytes(annotations: Annotations): number {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations))
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return bytes;
}

/** A merged config, and its text with all metadata of backends. */
type ServedText = Served & { readonly text: string };

/** The injected annotations from the fullest form to the smallest, each made when it is asked for. */
function* forms(served: ServedText, report: Report): Generator<Annotations> {
  const form = (text: string, notes: readonly Note[], detail: ReportDetail = 'full'): Annotations => ({
    [CONFIG_ANNOTATION]: text,
    [REPORT_ANNOTATION]: reportText({ ...report, notes }, detail),
  });
  yield form(served.text, report.notes);
  const heavy = served.backends
    .map((backend) => ({ backend, bytes: annotationBytes(backend.metadata.copied) }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes || compare(a.backend.name, b.backend.name));
  const without = (count: number): readonly [text: string, notes: readonly Note[]] => {
    const message = `annotations copied into the metadata of ${count} backends were left out to fit into the Pod's annotations`;
    const bare = new Set(heavy.slice(0, count).map(({ backend }) => backend));
    const text = configText(served.base, written(served, bare));
    return [text, [podNote('metadata-trimmed', message), ...report.notes]];
  };
  // The largest first, twice as many each time: few texts are made even for a group of thousands.
  for (let count = 1; count < heavy.length; count *= 2) yield form(...without(count));
  const smallest = heavy.length > 0 ? without(heavy.length) : ([served.text, report.notes] as const);
  for (const detail of ['full', 'sentences', 'counts'] as const) yield form(...smallest, detail);
}

/** Bytes of the base config with nothing of the group in it, a self-managed one with its own backends. */
function bytesOfBase(served: Served): number {
  const { base, kept, strategies } = served;
  const own = new YamlMap(strategies.pairs.filter(([name]) => kept.has(name)));
  return Buffer.byteLength(configText(base, written({ ...served, backends: [], strategies: own })));
}

/** Says how large the annotations would be, which part of them most, and what to do about it. */
function tooLarge(bytes: number, present: Annotations, served: Served): PodRefusal {
  const { [CONFIG_ANNOTATION]: _, [REPORT_ANNOTATION]: __, ...foreign } = present;
  const [base, others] = [bytesOfBase(served), annotationBytes(foreign)];
  const group = bytes - base - others;
  const remedies = [
    { part: base, remedy: 'shorten the base config' },
    { part: group, remedy: 'split the group' },
    { part: others, remedy: 'remove annotations from the Pod' },
  ];
  const [largest] = remedies.sort((a, b) => b.part - a.part);
  return {
    reason: 'config-too-large',
    message: `the annotations of the Pod would have ${bytes} bytes, ${ANNOTATION_LIMIT} are allowed: the base config has ${base}, the backends of the group ${group}, other annotations ${others}; ${largest?.remedy}, or let the Pod opt out with the annotation vmcp-admission.dev/inject: disabled`,
  };
}

/**
 * All annotations of the Pod with the injected ones, in a form that fits. Trimmed in this order: annotations
 * copied into backend metadata, largest backend first; messages of the report; the report's lists.
 * @param present the annotations that the Pod has, those of an earlier pass included
 */
export function fittedAnnotations(
  present: Annotations,
  config: ServedText,
  report: Report,
): { readonly annotations: Annotations } | PodRefusal {
  let smallest = Number.POSITIVE_INFINITY;
  for (const form of forms(config, report)) {
    const annotations = { ...present, ...form };
    const bytes = annotationBytes(annotations);
    if (bytes <= ANNOTATION_LIMIT) return { annotations };
    smallest = Math.min(smallest, bytes);
  }
  return tooLarge(smallest, present, config);
}
