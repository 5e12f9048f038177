import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

/** An image in a registry, by its digest. */
export interface PushedImage {
  readonly repository: string;
  readonly digest: string;
}

/** Makes a copy of the chart whose default image is a pushed one, by its digest; returns its folder. */
export async function chartOf(chart: string, into: string, image: PushedImage): Promise<string> {
  const folder = join(into, 'vmcp-admission');
  await mkdir(into, { recursive: true });
  await cp(chart, folder, { recursive: true });
  const file = join(folder, 'values.yaml');
  const values = parseDocument(await readFile(file, 'utf8'));
  // Apart, so that a mirror needs another registry only.
  const [registry = '', ...repository] = image.repository.split('/');
  values.setIn(['image', 'registry'], registry);
  values.setIn(['image', 'repository'], repository.join('/'));
  values.setIn(['image', 'digest'], image.digest);
  await writeFile(file, values.toString({ lineWidth: 0 }));
  return folder;
}
