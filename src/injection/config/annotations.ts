import { YamlMap } from '../../yaml/values.ts';
import { CONFIG_ANNOTATION, compare, REPORT_ANNOTATION } from '../contract.ts';
import { type PodRefusal, podNote } from '../report/reasons.ts';
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

/** The injected annotations from the fullest form to the smallest, each made when it is asked for. */
function* forms(served: Served, text: string, report: Report): Generator<Annotations> {
  yield { [CONFIG_ANNOTATION]: text, [REPORT_ANNOTATION]: reportText(report) };
  const heavy = served.backends
    .map((backend) => ({ backend, bytes: annotationBytes(backend.metadata.copied) }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes || compare(a.backend.name, b.backend.name));
  const without = (count: number, detail: ReportDetail): Annotations => {
    const bare = new Set(heavy.slice(0, count).map(({ backend }) => backend));
    const message = `annotations copied into the metadata of ${bare.size} backends were left out to fit into the Pod's annotations`;
    const trimmed = bare.size === 0 ? [] : [podNote('metadata-trimmed', message)];
    return {
      [CONFIG_ANNOTATION]: bare.size === 0 ? text : configText(served.base, written(served, bare)),
      [REPORT_ANNOTATION]: reportText({ ...report, notes: [...trimmed, ...report.notes] }, detail),
    };
  };
  // The largest first, twice as many each time: few texts are made even for a group of thousands.
  for (let count = 1; count < heavy.length; count *= 2) yield without(count, 'full');
  for (const detail of ['full', 'sentences', 'counts'] as const) yield without(heavy.length, detail);
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
 * @param config a merged config, and its text with all metadata of backends
 * @param present the annotations that the Pod has, those of an earlier pass included
 */
export function fittedAnnotations(
  present: Annotations,
  config: Served & { readonly text: string },
  report: Report,
): { readonly annotations: Annotations } | PodRefusal {
  let smallest = Number.POSITIVE_INFINITY;
  for (const form of forms(config, config.text, report)) {
    const annotations = { ...present, ...form };
    const bytes = annotationBytes(annotations);
    if (bytes <= ANNOTATION_LIMIT) return { annotations };
    smallest = Math.min(smallest, bytes);
  }
  return tooLarge(smallest, present, config);
}
