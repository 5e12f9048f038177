import { ConnectionError } from '../../apiClient/errors.ts';
import type { Catalog, MetadataReads } from '../../catalog/catalog.ts';
import { type KubernetesCatalog, openKubernetesCatalog } from '../../catalog/kubernetes/catalog.ts';
import { type CatalogObserver, notFollowed, notSynced } from '../../catalog/kubernetes/observer.ts';
import { manifestCatalog } from '../../catalog/manifests/manifestCatalog.ts';
import type { ReadyCheck } from '../../server/health.ts';
import type { Log } from '../../server/log.ts';
import type { Metrics } from '../../server/metrics/metrics.ts';
import type { Settings } from '../../settings.ts';
import { TOOLHIVE_KINDS } from '../../toolhive/kinds.ts';
import { VERSION } from '../../version.ts';
import { problemText, readInput } from '../input/manifestInput.ts';
import { addCatalogGauges, catalogObserver } from './catalogMetrics.ts';
import { StartError } from './startError.ts';

/** A catalog, when to begin to fill it, and its end. */
export interface CatalogSource {
  readonly catalog: Catalog;
  readonly check: ReadyCheck;
  /** Reads a document of the API server, where there is one. */
  readonly document?: (path: string) => Promise<Buffer>;
  /** Lists a collection of the API server, where there is one. */
  readonly list?: KubernetesCatalog['list'];
  /** Reads the metadata of ConfigMaps and Secrets, where there is an API server. */
  readonly metadata?: MetadataReads;
  start(): void;
  stop(): void;
}

/** The objects in a folder of manifests, read once. Rejects with a StartError when some file cannot be used. */
async function fromManifests(settings: Settings, log: Log): Promise<CatalogSource> {
  const folder = settings.manifests ?? '.';
  const { documents, problems, passedOver } = await readInput([folder]);
  if (problems.length > 0) throw new StartError(problems.map(problemText));
  log.info({ folder, objects: documents.length, passedOver: passedOver.length }, 'manifests read');
  return {
    catalog: manifestCatalog(documents, { secrets: settings.readSecrets }),
    check: { name: 'catalog', problem: () => undefined },
    start: () => {},
    stop: () => {},
  };
}

/** Who is notified of the objects that a catalog reads. */
export type ObjectObserver = Pick<CatalogObserver, 'changed' | 'seen' | 'gone'>;

/** The objects of the cluster, followed once it is started. Rejects with a StartError when nothing says where it is. */
async function fromCluster(
  settings: Settings,
  log: Log,
  { meter }: Metrics,
  objects: ObjectObserver | undefined,
): Promise<CatalogSource> {
  try {
    const catalog = await openKubernetesCatalog({
      kubeconfig: settings.kubeconfig,
      userAgent: `vmcp-admission/${VERSION}`,
      observer: { ...catalogObserver(meter, log, TOOLHIVE_KINDS), ...objects },
      secrets: settings.readSecrets,
      ...(settings.namespaces.length > 0 && { namespaces: settings.namespaces }),
    });
    addCatalogGauges(meter, () => catalog.status(), catalog.budgetBytes);
    return {
      catalog,
      check: {
        name: 'catalog',
        problem: () => notSynced(catalog.status()),
        note: () => notFollowed(catalog.status()),
      },
      document: (path) => catalog.document(path),
      list: (collection) => catalog.list(collection),
      metadata: catalog.metadata,
      start: () => catalog.start(),
      stop: () => catalog.stop(),
    };
  } catch (error) {
    if (error instanceof ConnectionError) throw new StartError([error.message]);
    throw error;
  }
}

/**
 * Opens the catalog that the settings ask for. Rejects with a StartError when it cannot be used.
 * @param objects is told of each change of a cluster's objects
 */
export function openCatalog(
  settings: Settings,
  log: Log,
  metrics: Metrics,
  objects?: ObjectObserver,
): Promise<CatalogSource> {
  return settings.catalog === 'manifests'
    ? fromManifests(settings, log)
    : fromCluster(settings, log, metrics, objects);
}
