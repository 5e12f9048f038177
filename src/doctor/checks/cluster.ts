import type { V1Deployment, V1Node } from '@kubernetes/client-node';
import { PLURALS, TOOLHIVE_GROUP, TOOLHIVE_KINDS } from '../../toolhive/kinds.ts';
import {
  isTried,
  parseToolhiveVersion,
  type ToolhiveVersion,
  TRIED,
  toolhiveVersionText,
} from '../../toolhive/versions.ts';
import { known } from '../api.ts';
import type { Facts } from '../facts.ts';
import { failed, judge, note, ok, orOk, type Result, unknown, warning } from '../result.ts';
import { few } from './registration.ts';
import { flagOf, tagOf } from './workload.ts';

/** The guards use matchConditions, which every API server has from here on. */
const OLDEST_KUBERNETES: readonly [number, number] = [1, 30];
/** cert-manager's CA injector and the defaults of a Certificate are right from here on. */
const OLDEST_CERT_MANAGER: readonly [number, number] = [1, 18];

/** Major and minor of a version such as `v1.34.3-gke.100`. */
function minorOf(text: string | undefined): [number, number] | undefined {
  const [, major, minor] = /v?(\d+)\.(\d+)/.exec(text ?? '') ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}

function isOlder(
  [major, minor]: readonly [number, number],
  [than, thanMinor]: readonly [number, number],
): boolean {
  return major < than || (major === than && minor < thanMinor);
}

export function kubernetesVersion({ cluster }: Facts): readonly Result[] {
  return judge(cluster.version, 'the version of the API server', failed, ({ gitVersion }) => {
    const version = minorOf(gitVersion);
    if (!version) return [unknown(`the API server says ${gitVersion}, which is not a version`)];
    return isOlder(version, OLDEST_KUBERNETES)
      ? [
          failed(
            `Kubernetes ${gitVersion} is older than ${OLDEST_KUBERNETES.join('.')}, which the webhook needs`,
          ),
        ]
      : [ok(`Kubernetes ${gitVersion}`)];
  });
}

export function toolhiveCrds({ cluster }: Facts): readonly Result[] {
  const missing = `the API server has no ${TOOLHIVE_GROUP}`;
  return judge(
    cluster.toolhive,
    'the kinds of ToolHive',
    () => failed(`${missing}: install ToolHive's CRDs`),
    (versions) => {
      const stored = versions.find(({ version }) => version === 'v1beta1');
      const names = versions.map(({ version }) => version).join(', ');
      if (!stored)
        return [failed(`ToolHive's CRDs serve ${names}, and the webhook reads v1beta1: update the CRDs`)];
      const absent = TOOLHIVE_KINDS.filter((kind) => !stored.resources.includes(PLURALS[kind]));
      if (absent.includes('MCPServerEntry') || absent.includes('VirtualMCPServer'))
        return [
          failed(`ToolHive's CRDs lack ${few(absent)}: the webhook has nothing to review; update the CRDs`),
        ];
      return orOk(
        absent.length > 0 ? [warning(`ToolHive's CRDs lack ${few(absent)}; these count as empty lists`)] : [],
        `all ${TOOLHIVE_KINDS.length} kinds are served (${names})`,
      );
    },
  );
}

function imagesOf(deployments: readonly V1Deployment[]): string[] {
  return deployments.flatMap(
    ({ spec }) => spec?.template.spec?.containers.map(({ image = '' }) => image) ?? [],
  );
}

/** The releases of ToolHive that images of it name, such as `ghcr.io/stacklok/toolhive/vmcp:v0.47.0`. */
function releasesOf(deployments: readonly V1Deployment[], image: string): ToolhiveVersion[] {
  const tags = imagesOf(deployments)
    .filter((one) => one.includes(`toolhive/${image}`))
    .map(tagOf);
  const releases = tags
    .map((tag) => parseToolhiveVersion(tag ?? ''))
    .filter((release) => release !== undefined);
  return [...new Map(releases.map((release) => [toolhiveVersionText(release), release])).values()];
}

/** Compares the releases of the operator, of the vMCP images, and of the setting `--toolhive-version`. */
export function toolhiveVersion(facts: Facts): readonly Result[] {
  const { cluster } = facts;
  return judge(cluster.operators, "ToolHive's operator", failed, (operators) => {
    const [operator] = releasesOf(operators, 'operator');
    if (!operator) return [unknown('no Deployment of the operator with a version in its image was found')];
    const text = toolhiveVersionText(operator);
    const others = releasesOf(known(cluster.vmcps) ?? [], 'vmcp')
      .map(toolhiveVersionText)
      .filter((one) => one !== text);
    const problems: Result[] = [];
    if (others.length > 0)
      problems.push(
        warning(
          `the operator is ${text} and some vMCPs run ${few(others)}: a config that one accepts may end the other`,
        ),
      );
    const said = parseToolhiveVersion(flagOf(facts, 'toolhive-version') ?? '');
    if (said && toolhiveVersionText(said) !== text)
      problems.push(
        warning(`--toolhive-version says ${toolhiveVersionText(said)}, and the operator is ${text}`),
      );
    if (!isTried(operator))
      problems.push(
        note(
          `the rules were tried with ToolHive ${toolhiveVersionText(TRIED.oldest)} to ${toolhiveVersionText(TRIED.newest)}, and the operator is ${text}`,
        ),
      );
    return orOk(problems, `ToolHive ${text}`);
  });
}

export function certManager({ cluster }: Facts): readonly Result[] {
  const missing = 'cert-manager is not installed; without it the certificates have to come from elsewhere';
  return judge(
    cluster.certManager,
    'cert-manager',
    () => warning(missing),
    () =>
      judge(cluster.caInjectors, "cert-manager's CA injector", failed, (injectors) => {
        const [injector] = injectors;
        if (!injector) return [unknown("no Deployment of cert-manager's CA injector was found")];
        if (!injector.status?.availableReplicas)
          return [failed("cert-manager's CA injector is not available: nothing would write the caBundle")];
        const tag = tagOf(imagesOf([injector])[0] ?? '');
        const version = minorOf(tag);
        return version && isOlder(version, OLDEST_CERT_MANAGER)
          ? [warning(`cert-manager ${tag} is older than ${OLDEST_CERT_MANAGER.join('.')}`)]
          : [ok(`cert-manager ${tag ?? ''}`.trim())];
      }),
  );
}

/** What a managed platform needs that others do not, with how it is recognised. */
const PLATFORMS: readonly (readonly [name: string, label: RegExp, note: string])[] = [
  [
    'GKE',
    /^cloud\.google\.com\/gke-/,
    'a private cluster lets the control plane reach only ports 443 and 10250 of the nodes: keep port 10250 (chart default, component port-10250)',
  ],
  [
    'EKS',
    /^eks\.amazonaws\.com\//,
    'with an overlay network the control plane cannot reach Pods: hostNetwork (chart value, component host-network)',
  ],
  [
    'AKS',
    /^kubernetes\.azure\.com\//,
    'keep the annotation admissions.enforcer/disabled on the configurations, or AKS changes their selectors',
  ],
  [
    'OpenShift',
    /^node\.openshift\.io\//,
    'use the component openshift, or the chart with certificates.mode=openshift and runAsUser=null',
  ],
];

function labelsOf(nodes: readonly V1Node[]): string[] {
  return nodes.flatMap(({ metadata }) => Object.keys(metadata?.labels ?? {}));
}

export function platform({ cluster }: Facts): readonly Result[] {
  return judge(cluster.nodes, 'the nodes', failed, (nodes) => {
    const labels = labelsOf(nodes);
    const recognised = PLATFORMS.filter(([, label]) => labels.some((one) => label.test(one)));
    return orOk(
      recognised.map(([name, , text]) => note(`${name}: ${text}`)),
      'no platform with notes of its own',
    );
  });
}

/** Configurations that an earlier installation left behind block writes as soon as they exist. */
export function leftovers({ installation, target }: Facts): readonly Result[] {
  const left = [known(installation.validating), known(installation.mutating)].filter(
    (one) => one !== undefined,
  );
  if (left.length === 0) return [ok('no webhook configuration of that name')];
  if (installation.deployment.state !== 'absent') return [ok('the webhook is installed already')];
  return [
    failed(
      `a webhook configuration ${target.name} is there without a Deployment, so writes are refused: vmcp-admission doctor recover`,
    ),
  ];
}
