import type { ConfigMap } from '../kubernetes/configMap.ts';
import { HEADER_MANIFEST } from '../toolhive/names.ts';
import { fittedAnnotations } from './config/annotations.ts';
import type { FoundBase } from './config/load.ts';
import { backendNames } from './config/ownersPart.ts';
import { CONFIG_CHECKSUM, POD_CHECKSUM, REPORT_ANNOTATION } from './contract.ts';
import type { Backend } from './discovery/backend.ts';
import type { Merged } from './merge.ts';
import { optionalVariable, PodEditor } from './pod/editor.ts';
import { generatedByInjection, generatedByOperator, type OwnerEnv, ownerEnv } from './pod/ownerEnv.ts';
import type { Pod } from './pod/pod.ts';
import { excessivePodBytes, largestBackends, type Oversized, POD_LIMIT } from './podSize.ts';
import { type Note, type PodRefusal, podNote } from './report/reasons.ts';
import { type Report, readReport, sortedExclusions } from './report/report.ts';
import type { StaticFacts } from './resolve.ts';
import { makeCaVolumesOptional, mountCaBundles } from './volumes/caBundles.ts';
import { mountConfig } from './volumes/configVolume.ts';

/** A Pod with its config. */
export interface Plan {
  readonly pod: Pod;
  readonly report: Report;
  readonly backends: readonly Backend[];
}

/** The variables of the container that were generated for members of the group. */
function generated({ pod, found, read }: Subject): ReadonlySet<string> {
  const env = found.source.container.env ?? [];
  if (read.virtualServer) return generatedByOperator(env, read.virtualServer);
  // A config volume without its base ConfigMap was made by an earlier pass.
  const text = found.source.base ? undefined : pod.metadata?.annotations?.[REPORT_ANNOTATION];
  const { backends, own } = readReport(text);
  // The report of an older version does not say which backends were the owner's.
  const owned = own ? new Set(own) : backendNames(read.base);
  const served = backends.filter((name) => !owned.has(name));
  return generatedByInjection(env, served);
}

/**
 * Sets the variables that the served backends need. Other generated header manifests are
 * removed, since the vMCP applies a manifest to every backend whose name normalises alike. Other variables that the operator
 * set from Secrets become optional, so that a missing Secret does not keep the Pod from starting; those of an earlier pass
 * are removed.
 */
function editVariables(editor: PodEditor, owner: OwnerEnv, merged: Merged, operatorMade: boolean): void {
  const { variables, baseReads } = merged;
  editor.mapVariables((item) => {
    const { name } = item;
    const isNeeded = variables.has(name) || (operatorMade && baseReads.has(name));
    if (!owner.generated.has(name) || isNeeded) return item;
    return operatorMade && !name.startsWith(HEADER_MANIFEST) ? optionalVariable(item) : undefined;
  });
  editor.setVariables(variables);
}

/** A note if the Pod template and the ConfigMap have different checksums; the operator writes the same one into both. */
function checksumNotes(pod: Pod, { metadata }: ConfigMap): readonly Note[] {
  const ofPod = pod.metadata?.annotations?.[POD_CHECKSUM];
  const ofConfig = metadata.annotations[CONFIG_CHECKSUM];
  if (!ofPod || !ofConfig || ofPod === ofConfig) return [];
  const message = `ConfigMap "${metadata.name}" and the Pod template have different checksums; the operator is about to replace one of them`;
  return [podNote('checksum-differs', message)];
}

/** The inputs of a plan for one Pod. */
interface Subject {
  readonly pod: Pod;
  readonly found: FoundBase;
  readonly read: Omit<StaticFacts, 'owner' | 'oversized'>;
  /** Notes about what was read. */
  readonly earlier: readonly Note[];
  readonly merge: (facts: StaticFacts) => Merged | PodRefusal;
}

/**
 * The Pod that a static vMCP should be: its config delivered by annotation and projected volume, CA bundles mounted,
 * variables of headers and auth set. Everything else of the Pod is the same object as before. The largest backends are left
 * out until the API server can store the Pod. Pure; never throws; on its own result it changes nothing.
 * @param oversized backends that have turned out to be too large
 */
export function planStatic(subject: Subject, oversized: Oversized = new Map()): Plan | PodRefusal {
  const plan = planWithout(oversized, subject);
  if ('reason' in plan) return plan;
  const bytes = excessivePodBytes(plan.pod);
  if (bytes === undefined) return plan;
  if (plan.backends.length > 0)
    return planStatic(subject, new Map([...oversized, ...largestBackends(plan.backends, bytes)]));
  return {
    reason: 'config-too-large',
    message: `the Pod would have ${bytes} bytes even without a backend of the group, at most ${POD_LIMIT} are allowed; make the Pod smaller, or let it opt out with the annotation vmcp-admission.dev/inject: disabled`,
  };
}

function planWithout(oversized: Oversized, subject: Subject): Plan | PodRefusal {
  const { pod, found, read, merge } = subject;
  const { container } = found.source;
  const owner = ownerEnv(container, generated(subject), read.virtualServer);
  const merged = merge({ ...read, oversized, owner });
  if ('reason' in merged) return merged;
  const operatorMade = read.virtualServer !== undefined;
  const editor = new PodEditor(pod, container);
  editVariables(editor, owner, merged, operatorMade);
  if (operatorMade) makeCaVolumesOptional(editor);
  mountConfig(editor, found.source, found.configMap);
  const mountNotes = mountCaBundles(editor, merged.backends);
  const report = makeReport(subject, merged, mountNotes);
  const fitted = fittedAnnotations(editor.annotations, merged, report);
  if ('reason' in fitted) return fitted;
  editor.annotate(fitted.annotations);
  return { report, backends: merged.backends, pod: editor.pod };
}

function makeReport(subject: Subject, merged: Merged, mountNotes: readonly Note[]): Report {
  const { pod, read, earlier } = subject;
  const { configMap, key } = subject.found;
  const { backends, kept, excluded, notes } = merged;
  return {
    group: read.group,
    mode: 'static',
    backends: [...backends.map(({ name }) => name), ...kept.keys()].sort(),
    own: read.virtualServer ? undefined : [...kept.keys()].sort(),
    leftOut: sortedExclusions(excluded),
    notes: [...earlier, ...checksumNotes(pod, configMap), ...notes, ...mountNotes],
    base: { configMap: configMap.metadata.name, key },
    placeholder: backends.length + kept.size === 0,
  };
}
