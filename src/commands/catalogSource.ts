import type { Catalog } from '../catalog/catalog.ts';
import { manifestCatalog } from '../catalog/manifests.ts';
import { readManifests } from '../manifests/readManifests.ts';
import type { ReadyCheck } from '../server/health.ts';
import type { Log } from '../server/log.ts';
import type { Settings } from '../settings.ts';
import { problemText } from './checkReport.ts';

/** A catalog that is being filled, and its end. */
export interface CatalogSource {
  readonly catalog: Catalog;
  readonly check: ReadyCheck;
  stop(): void;
}

/** Why `serve` cannot start, one sentence each. */
export class StartError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'StartError';
    this.problems = problems;
  }
}

/** The objects in a folder of manifests, read once. Rejects with a StartError when some file cannot be used. */
async function fromManifests(folder: string, log: Log): Promise<CatalogSource> {
  const { documents, problems } = await readManifests([folder], async () => '');
  if (problems.length > 0) throw new StartError(problems.map(problemText));
  log.info({ folder, objects: documents.length }, 'manifests read');
  return {
    catalog: manifestCatalog(documents),
    check: { name: 'catalog', problem: () => undefined },
    stop: () => {},
  };
}

/** Opens the catalog that the settings ask for. Rejects with a StartError when it cannot be used. */
export async function openCatalog(settings: Settings, log: Log): Promise<CatalogSource> {
  if (settings.catalog === 'manifests') return fromManifests(settings.manifests ?? '.', log);
  throw new StartError(['--catalog kubernetes is not available in this build yet']);
}
