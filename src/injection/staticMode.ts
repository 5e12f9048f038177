import { remember } from '../remember.ts';
import { HEADER_MANIFEST } from '../toolhive/names.ts';
import { configProblems } from '../toolhive/vmcpConfig/configProblems.ts';
import { strategyFailure } from './auth/authServer.ts';
import { wantedAuthVariables } from './auth/variables.ts';
import { backendNodes, fittedAnnotations, strategyNodes } from './config/configText.ts';
import type { ConfigSource } from './config/locate.ts';
import { toData } from './config/render.ts';
import { tooLargeText } from './config/size.ts';
import { CONFIG_CHECKSUM, POD_CHECKSUM, REPORT_ANNOTATION } from './contract.ts';
import type { Backend } from './discovery/backend.ts';
import { PodEditor } from './pod/editor.ts';
import { type Generator, generatedVariables, ownerEnv, variablesWithValue } from './pod/ownerEnv.ts';
import type { Pod } from './pod/pod.ts';
import { largestBackends, type Oversized, POD_LIMIT, podBytes } from './podSize.ts';
import type { Note, PodReason } from './report/reasons.ts';
import { type Report, readReport, sortedLeftOut } from './report/report.ts';
import { ownedNames, type Settled, type StaticFacts } from './resolve.ts';
import { makeCaVolumesOptional, mountCaBundles } from './volumes/caBundles.ts';
import { mountConfig } from './volumes/configVolume.ts';

export type Plan =
  | { readonly ok: true; readonly pod: Pod; readonly report: Report; readonly backends: readonly Backend[] }
  | { readonly ok: false; readonly reason: PodReason; readonly message: string };

/** Who may have set variables of the container for members of the group before. */
function generator(pod: Pod, source: ConfigSource, facts: Subject['read']): Generator {
  const { virtualServer } = facts;
  if (virtualServer) return { kind: 'operator', templateVariables: virtualServer.templateVariables };
  // Without a base in its place the config volume is one of an earlier pass.
  const { backends } = readReport(source.base ? undefined : pod.metadata?.annotations?.[REPORT_ANNOTATION]);
  const owned = ownedNames(facts);
  return { kind: 'injection', served: backends.filter((name) => !owned.has(name)) };
}

/**
 * Sets the variables that the served backends need. Of what was generated, the rest goes: the vMCP would apply a header
 * manifest to whatever backend normalises to its name. What the operator set for a Secret only becomes optional, so that a
 * missing Secret does not keep the Pod from starting.
 */
function editVariables(
  editor: PodEditor,
  generated: ReadonlySet<string>,
  settled: Settled,
  operatorMade: boolean,
): void {
  const wanted = new Map([...wantedAuthVariables(editor.env, settled.variables), ...settled.headers]);
  const unneeded = [...generated].filter(
    (name) => !wanted.has(name) && !(operatorMade && settled.baseReads.has(name)),
  );
  const goes = (name: string) => !operatorMade || name.startsWith(HEADER_MANIFEST);
  editor.removeVariables(new Set(unneeded.filter(goes)));
  editor.makeOptional(new Set(unneeded.filter((name) => !goes(name))));
  editor.setVariables(wanted);
}

/** The merged config as the vMCP will see it, without parsing the text again; all Pods of a rollout get the same one. */
const mergedData = remember((settled: Settled): unknown => {
  const { data } = settled.base;
  return {
    ...data,
    backends: backendNodes(settled, new Set()).map(toData),
    outgoingAuth: {
      ...(data.outgoingAuth as Readonly<Record<string, unknown>>),
      backends: toData(strategyNodes(settled)),
      ...(settled.defaultStrategy && { default: toData(settled.defaultStrategy) }),
    },
  };
});

/** Why the auth server does not serve the default strategy of the merged config. */
function defaultFailure({ base, defaultStrategy }: Settled, { authServer }: StaticFacts) {
  const strategy = defaultStrategy ?? base.defaultStrategy;
  return strategy && strategyFailure('outgoingAuth.default', toData(strategy), authServer);
}

function podNote(reason: Note['reason'], message: string): Note {
  return { kind: 'Pod', name: '', reason, message };
}

/** The operator writes one checksum in both places; different ones are of different moments. */
function checksumNotes(pod: Pod, facts: StaticFacts): readonly Note[] {
  const ofPod = pod.metadata?.annotations?.[POD_CHECKSUM];
  const ofConfig = facts.baseConfigMap.metadata.annotations[CONFIG_CHECKSUM];
  if (!ofPod || !ofConfig || ofPod === ofConfig) return [];
  return [
    podNote(
      'checksum-differs',
      `ConfigMap "${facts.baseConfigMap.metadata.name}" is of another moment than the Pod template; the operator is about to replace one of them`,
    ),
  ];
}

/** What a plan for one Pod is made from. */
interface Subject {
  readonly pod: Pod;
  readonly source: ConfigSource;
  readonly read: Omit<StaticFacts, 'owner' | 'oversized'>;
  readonly earlier: readonly Note[];
  readonly settle: (facts: StaticFacts) => Settled;
}

const NONE: Oversized = new Map();

/**
 * The Pod that a static vMCP should be: its config delivered by annotation and projected volume, CA bundles mounted,
 * variables of headers and auth set. Everything else of the Pod is the same object as before. The largest backends are left
 * out until the API server can store the Pod. Pure; never throws; on its own result it changes nothing.
 */
export function planStatic(subject: Subject): Plan {
  let oversized = NONE;
  for (;;) {
    const plan = planWithout(oversized, subject);
    if (!plan.ok) return plan;
    const bytes = podBytes(plan.pod);
    if (bytes <= POD_LIMIT) return plan;
    if (plan.backends.length === 0)
      return {
        ok: false,
        reason: 'config-too-large',
        message: `the Pod would have ${bytes} bytes even without a backend of the group, at most ${POD_LIMIT} are allowed`,
      };
    oversized = new Map([...oversized, ...largestBackends(plan.backends, bytes)]);
  }
}

function planWithout(oversized: Oversized, { pod, source, read, earlier, settle }: Subject): Plan {
  const container = pod.spec.containers[source.container];
  if (!container) return { ok: false, reason: 'config-container-unknown', message: 'the container is gone' };
  const generated = generatedVariables(container.env ?? [], generator(pod, source, read));
  const facts: StaticFacts = { ...read, oversized, owner: ownerEnv(container, generated) };
  const settled = settle(facts);
  const operatorMade = facts.virtualServer !== undefined;
  const editor = new PodEditor(pod, container);
  editVariables(editor, generated, settled, operatorMade);

  const problems = configProblems(mergedData(settled), variablesWithValue(editor.container));
  const ours = problems.find(({ path }) => path.startsWith('outgoingAuth') || path.startsWith('backends'));
  if (ours) return { ok: false, reason: 'config-rejected', message: `${ours.path} ${ours.message}` };
  const ofDefault = defaultFailure(settled, facts);
  // The vMCP ends at start; a provider that is missing makes only calls fail.
  if (ofDefault?.reason === 'auth-provider-ambiguous')
    return { ok: false, reason: 'config-rejected', message: ofDefault.message };
  const foreign = problems.map(({ path, message }) =>
    podNote('base-config-doubtful', `the base config's ${path || 'root'} ${message}; the vMCP may refuse it`),
  );
  if (ofDefault) foreign.push(podNote('base-config-doubtful', ofDefault.message));

  if (operatorMade) makeCaVolumesOptional(editor);
  mountConfig(editor, source, facts.baseConfigMap);
  const mountNotes = mountCaBundles(editor, settled.backends);

  const report: Report = {
    group: facts.group,
    mode: 'static',
    backends: [...settled.backends.map(({ name }) => name), ...settled.kept.keys()].sort(),
    leftOut: sortedLeftOut(settled.leftOut),
    notes: [...earlier, ...checksumNotes(pod, facts), ...foreign, ...settled.notes, ...mountNotes],
    base: { configMap: facts.baseConfigMap.metadata.name, key: facts.baseKey },
    placeholder: settled.backends.length + settled.kept.size === 0,
  };
  const fitted = fittedAnnotations(editor.annotations, facts.base, settled, report);
  if (!fitted.ok) return { ok: false, reason: 'config-too-large', message: tooLargeText(fitted.shares) };
  editor.annotate(fitted.annotations);
  return { ok: true, report, backends: settled.backends, pod: editor.pod };
}
