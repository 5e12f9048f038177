import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { isRecord } from '../../kubernetes/record.ts';
import { readManifestFile } from './files.ts';
import { yamlDocuments } from './kubectlYaml/yamlText.ts';
import type { PassedOver } from './manifest.ts';

const KUSTOMIZATION = /^(?:kustomization\.ya?ml|Kustomization)$/;
/** Files of a chart that are never manifests. Those in `templates/` are not manifests while they contain `{{`. */
const CHART_FILE = /^(?:Chart|values(?:[-_.][^/]*)?)\.ya?ml$|^values\.schema\.json$|^ci\//;
const CHART_TEMPLATE = /^templates\//;
/** Files of Helm values outside of a chart. */
const VALUES = /^(?:.*[-_.])?values(?:[-_.].*)?\.ya?ml$/;

/** A file that Helm or kustomize makes manifests from, and what is read of it all the same. */
export interface ToolFile {
  readonly read: 'objects' | 'nothing';
  readonly passedOver: PassedOver;
}

/** True for the file that tells kustomize what to build. */
function isKustomization(file: string): boolean {
  return KUSTOMIZATION.test(basename(file));
}

/** A folder as a person types it: relative to the working directory when it is below that. */
function shownFolder(folder: string): string {
  const path = relative(process.cwd(), folder);
  return path.startsWith('..') ? folder : path || '.';
}

/** The items of the lists of these names, in any of the objects. */
function listed(from: readonly unknown[], ...names: readonly string[]): unknown[] {
  return from
    .filter(isRecord)
    .flatMap((holder) => names.map((name) => holder[name]).filter(Array.isArray))
    .flat();
}

function paths(items: readonly unknown[]): string[] {
  return items
    .map((item) => (isRecord(item) ? item.path : item))
    .filter((path) => typeof path === 'string' && !path.includes('\n')) as string[];
}

/** The paths of patches and of other files that a kustomization names and that are not resources. */
function partPaths(kustomization: unknown): string[] {
  const all = [kustomization];
  const generators = listed(all, 'configMapGenerator', 'secretGenerator');
  const charts = listed(all, 'helmCharts').filter(isRecord);
  return [
    ...paths(listed(all, 'patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements')),
    ...paths(listed(all, 'configurations', 'crds')),
    // A file of a generator may be written as `key=path`.
    ...paths(listed(generators, 'files')).map((file) => file.slice(file.indexOf('=') + 1)),
    ...paths(listed(charts, 'additionalValuesFiles')),
    ...paths(charts.map(({ valuesFile }) => valuesFile)),
  ];
}

/** Finds the files of an input that Helm or kustomize builds manifests from, and that are not manifests themselves. */
export class HelmAndKustomize {
  readonly #charts = new Map<string, Promise<boolean>>();
  /** The folder of the kustomization that names a file as a patch, or as something else that is not a resource. */
  readonly #parts = new Map<string, string>();
  readonly #resources = new Set<string>();

  /** Reads the kustomizations among the files of an input, which name files that are not manifests. */
  static async read(files: readonly string[]): Promise<HelmAndKustomize> {
    const tools = new HelmAndKustomize();
    for (const file of files.filter(isKustomization)) {
      const content = await readManifestFile(file);
      if (content.ok) tools.#add(dirname(resolve(file)), content.text);
    }
    return tools;
  }

  #add(folder: string, kustomization: string): void {
    for (const document of yamlDocuments(kustomization)) {
      if (!document.ok) continue;
      for (const path of partPaths(document.value)) this.#parts.set(resolve(folder, path), folder);
      for (const path of paths(listed([document.value], 'resources')))
        this.#resources.add(resolve(folder, path));
    }
  }

  #isChart(folder: string): Promise<boolean> {
    const known = this.#charts.get(folder) ?? stat(join(folder, 'Chart.yaml')).then(Boolean, () => false);
    this.#charts.set(folder, known);
    return known;
  }

  /** The nearest folder above a file that is a Helm chart. */
  async #chartOf(path: string): Promise<string | undefined> {
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      if (await this.#isChart(folder)) return folder;
      if (folder === dirname(folder)) return undefined;
    }
  }

  /** What a file is by its name, its place and what refers to it; undefined for a manifest like any other. */
  async of(file: string, text: string): Promise<ToolFile | undefined> {
    const path = resolve(file);
    const part = this.#resources.has(path) ? undefined : this.#parts.get(path);
    if (part !== undefined)
      return { read: 'nothing', passedOver: { file, tool: 'kustomize', folder: shownFolder(part) } };
    if (isKustomization(file))
      return { read: 'objects', passedOver: { file, tool: 'kustomize', folder: shownFolder(dirname(path)) } };
    const chart = await this.#chartOf(path);
    if (chart !== undefined) {
      const place = relative(chart, path);
      const passedOver: PassedOver = { file, tool: 'helm', folder: shownFolder(chart) };
      if (CHART_FILE.test(place)) return { read: 'objects', passedOver };
      if (CHART_TEMPLATE.test(place) && text.includes('{{')) return { read: 'nothing', passedOver };
    }
    return VALUES.test(basename(file)) ? { read: 'objects', passedOver: { file } } : undefined;
  }
}
