// `npm run crds`: writes what is derived from ToolHive's CRDs. TOOLHIVE_CRDS names the folder that has them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCrds } from './crds/crd.ts';
import { renderEditorSchema } from './crds/editorSchema.ts';
import { renderKnownFields } from './crds/knownFields.ts';

const folder = process.env.TOOLHIVE_CRDS;
if (!folder) {
  console.error('TOOLHIVE_CRDS must name a folder with the CRDs of ToolHive (deploy/charts/operator-crds)');
  process.exit(2);
}
const crds = readCrds(folder);
const root = join(import.meta.dirname, '..');
writeFileSync(join(root, 'src/toolhive/knownFields.ts'), renderKnownFields(crds));
writeFileSync(join(root, 'schemas/toolhive.schema.json'), renderEditorSchema(crds));
