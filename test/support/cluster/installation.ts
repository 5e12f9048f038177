import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Kubectl } from './kubectl.ts';

/** The root of the checkout. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** An object as a manifest has it. */
export interface Manifest {
  readonly rules?: unknown;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** One webhook of a configuration, as far as the tests look at it. */
export interface WebhookManifest extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly clientConfig: {
    readonly service?: { readonly path?: string };
    readonly url?: string;
    readonly caBundle?: string;
  };
}

export interface WebhookConfiguration extends Manifest {
  readonly webhooks: readonly WebhookManifest[];
}

export function isWebhookConfiguration(object: Manifest): object is WebhookConfiguration {
  return object.apiVersion.startsWith('admissionregistration.k8s.io/');
}

/** Documents that were read before: two renders have most of their texts in common. */
const read = new Map<string, Manifest | null>();

function parsedObject(text: string): Manifest | null {
  // As Kubernetes reads it: 0440 is octal.
  if (!read.has(text)) read.set(text, parse(text, { version: '1.1' }) as Manifest | null);
  return structuredClone(read.get(text) ?? null);
}

/** The objects of a text that kustomize or Helm rendered; each call returns objects of its own. */
export function parsedObjects(yaml: string): Manifest[] {
  return yaml
    .split(/^---$/m)
    .map(parsedObject)
    .filter((object) => object !== null);
}

/** What kustomize printed, by all that it was given: the checkout does not change while tests run. */
const renders = new Map<string, Promise<string>>();

function once(key: string, render: () => Promise<string>): Promise<string> {
  const text = renders.get(key) ?? render();
  renders.set(key, text);
  return text;
}

function kustomize(kubectl: Kubectl, folder: string): Promise<string> {
  return kubectl.ok(['kustomize', join(ROOT, folder)]);
}

/** What `kubectl kustomize FOLDER` of the checkout renders. */
export async function rendered(kubectl: Kubectl, folder = 'deploy'): Promise<readonly Manifest[]> {
  return parsedObjects(await once(folder, () => kustomize(kubectl, folder)));
}

async function renderKustomization(kubectl: Kubectl, kustomization: object): Promise<string> {
  // Inside the checkout, since kustomize takes no absolute paths.
  const folder = await mkdtemp(join(ROOT, '.kustomize-'));
  try {
    await writeFile(join(folder, 'kustomization.yaml'), stringify(kustomization));
    return await kustomize(kubectl, relative(ROOT, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a user's folder with these components of deploy/ renders; `more` is added to its kustomization.yaml. */
export async function withComponents(
  kubectl: Kubectl,
  components: readonly string[],
  more: object = {},
): Promise<readonly Manifest[]> {
  const path = (name: string) => join('..', 'deploy', name);
  const kustomization = {
    resources: [path('base')],
    components: components.map((name) => path(`components/${name}`)),
    ...more,
  };
  const text = once(JSON.stringify(kustomization), () => renderKustomization(kubectl, kustomization));
  return parsedObjects(await text);
}

export function needsCertManager(object: Manifest): boolean {
  return object.apiVersion.startsWith('cert-manager.io/');
}

/** The objects that an API server without cert-manager takes, webhook configurations apart. */
export function plainObjects(objects: readonly Manifest[]): readonly Manifest[] {
  return objects.filter((object) => !isWebhookConfiguration(object) && !needsCertManager(object));
}

/** The shipped configuration with nothing changed but where it calls. */
export function callingUrl(
  configuration: WebhookConfiguration,
  url: string,
  ca: string,
): WebhookConfiguration {
  return {
    ...configuration,
    webhooks: configuration.webhooks.map((webhook) => ({
      ...webhook,
      clientConfig: {
        url: `${url}${webhook.clientConfig.service?.path ?? ''}`,
        caBundle: Buffer.from(ca).toString('base64'),
      },
    })),
  };
}

/** Applies the six CRDs of a folder and waits until the API server serves them. */
export async function applyCrds(kubectl: Kubectl, folder: string): Promise<void> {
  // Server-side: the VirtualMCPServer CRD is too long for the last-applied annotation.
  await kubectl.ok(['apply', '--server-side', '-f', folder]);
  await kubectl.ok(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
}
