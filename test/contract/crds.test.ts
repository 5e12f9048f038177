import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Crd, readCrds } from '../../scripts/crds/crd.ts';
import { renderEditorSchema } from '../../scripts/crds/editorSchema.ts';
import { renderKnownFields } from '../../scripts/crds/knownFields.ts';
import { go } from '../support/goBuild.ts';
import { describeWithToolHive } from './harness/toolhive.ts';

const MODULE = join(import.meta.dirname, 'toolhive');
const ROOT = join(import.meta.dirname, '..', '..');

/** The CRDs of the ToolHive that these tests are built from. */
async function crdsOfToolHive(): Promise<readonly Crd[]> {
  const listed = await go(MODULE, ['list', '-m', '-f', '{{.Dir}}', 'github.com/stacklok/toolhive']);
  return readCrds(join(listed.stdout.trim(), 'deploy', 'charts', 'operator-crds', 'files', 'crds'));
}

describeWithToolHive('what `npm run crds` writes is that of the CRDs of the same ToolHive', () => {
  it.each([
    ['src/toolhive/knownFields.ts', renderKnownFields],
    ['schemas/toolhive.schema.json', renderEditorSchema],
  ])('%s', async (file, render) => {
    expect(await readFile(join(ROOT, file), 'utf8')).toBe(render(await crdsOfToolHive()));
  });
});
