import { remember } from '../remember.ts';
import { backendNodes, fittedAnnotations, strategyNodes } from './config/configText.ts';
import type { ConfigSource } from './config/locate.ts';
import { toData } from './config/render.ts';
import { tooLargeText } from './config/size.ts';
import { loaderProblems } from './config/validator.ts';
import { CONFIG_CHECKSUM, configVolumeName, POD_CHECKSUM, REPORT_ANNOTATION } from './contract.ts';
import type { Backend } from './discovery/backend.ts';
import { setVariables, wantedAuthVariables, withoutUnneeded } from './pod/env.ts';
import { type Generator, generatedVariables, OwnerEnv } from './pod/ownerEnv.ts';
import type { Container, EnvVar, Pod } from './pod/pod.ts';
import { largestBackends, type Oversized, POD_LIMIT, podBytes } from './podSize.ts';
import type { Note, PodReason } from './report/reasons.ts';
import { type Report, readReport, sortedLeftOut } from './report/report.ts';
import { ownedNames, type Settled, type StaticFacts } from './resolve.ts';
import { relaxCaVolumes, type VolumesAndMounts, withCaVolumes } from './volumes/caBundles.ts';
import { configVolume } from './volumes/configVolume.ts';
import { type VolumeUses, volumeUses } from './volumes/volumeUse.ts';

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

/** The variables of the container with all that the served backends need, and no more than that of what was generated. */
function withVariables(
  before: readonly EnvVar[],
  generated: ReadonlySet<string>,
  settled: Settled,
  operatorMade: boolean,
): readonly EnvVar[] {
  const wanted = new Map([...wantedAuthVariables(before, settled.variables), ...settled.headers]);
  const unneeded = [...generated].filter(
    (name) => !wanted.has(name) && !(operatorMade && settled.baseReads.has(name)),
  );
  return setVariables(withoutUnneeded(before, new Set(unneeded), operatorMade), wanted);
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

/** Puts the config volume in, under a name that no container uses for a volume of its own. */
function withConfigMount(
  { volumes, mounts }: VolumesAndMounts,
  uses: VolumeUses,
  source: ConfigSource,
  facts: StaticFacts,
): VolumesAndMounts {
  const original = volumes[source.volume];
  const mount = mounts[source.mount];
  // Without a base there the volume is ours already, from an earlier pass over the same Pod.
  if (!original || !mount || source.base === undefined) return { volumes, mounts };
  const present = new Set(volumes.map(({ name }) => name));
  let number = 1;
  while (present.has(configVolumeName(number)) && uses.has(configVolumeName(number))) number++;
  const made = configVolume(original, source, facts.baseConfigMap, configVolumeName(number));
  const at = volumes.findIndex(({ name }) => name === made.name);
  return {
    volumes: at < 0 ? [...volumes, made] : volumes.with(at, made),
    mounts: mounts.with(source.mount, { ...mount, name: made.name }),
  };
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
  const before = container.env ?? [];
  const generated = generatedVariables(before, generator(pod, source, read));
  const facts: StaticFacts = { ...read, oversized, owner: new OwnerEnv(container, generated) };
  const settled = settle(facts);
  const operatorMade = facts.virtualServer !== undefined;
  const env = withVariables(before, generated, settled, operatorMade);

  const delivered = new OwnerEnv({ ...container, env: [...env] });
  const problems = loaderProblems(mergedData(settled), (name) => delivered.has(name));
  const ours = problems.find(({ path }) => path.startsWith('outgoingAuth') || path.startsWith('backends'));
  if (ours) return { ok: false, reason: 'config-rejected', message: `${ours.path} ${ours.message}` };
  const foreign = problems.map(({ path, message }) =>
    podNote('base-config-doubtful', `the base config's ${path || 'root'} ${message}; the vMCP may refuse it`),
  );

  const volumes = pod.spec.volumes ?? [];
  const uses = volumeUses(pod, source.container);
  const mounts = {
    volumes: operatorMade ? relaxCaVolumes(volumes, uses) : volumes,
    mounts: container.volumeMounts ?? [],
  };
  const mounted = withCaVolumes(withConfigMount(mounts, uses, source, facts), settled.backends, uses);

  const report: Report = {
    group: facts.group,
    mode: 'static',
    backends: [...settled.backends.map(({ name }) => name), ...settled.kept.keys()].sort(),
    leftOut: sortedLeftOut(settled.leftOut),
    notes: [...earlier, ...checksumNotes(pod, facts), ...foreign, ...settled.notes, ...mounted.notes],
    base: { configMap: facts.baseConfigMap.metadata.name, key: facts.baseKey },
    placeholder: settled.backends.length + settled.kept.size === 0,
  };
  const fitted = fittedAnnotations(pod.metadata?.annotations ?? {}, facts.base, settled, report);
  if (!fitted.ok) return { ok: false, reason: 'config-too-large', message: tooLargeText(fitted.shares) };

  const changed: Container = {
    ...container,
    ...(env.length > 0 && { env: [...env] }),
    volumeMounts: [...mounted.mounts],
  };
  return {
    ok: true,
    report,
    backends: settled.backends,
    pod: {
      ...pod,
      metadata: { ...pod.metadata, annotations: fitted.annotations },
      spec: {
        ...pod.spec,
        containers: pod.spec.containers.with(source.container, changed),
        volumes: [...mounted.volumes],
      },
    },
  };
}
