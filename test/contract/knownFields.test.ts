import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCrds } from '../../scripts/crds/crd.ts';
import { renderKnownFields } from '../../scripts/crds/knownFields.ts';
import { go } from '../support/goBuild.ts';
import { describeWithToolHive } from './harness/toolhive.ts';

const MODULE = join(import.meta.dirname, 'toolhive');
const TABLE = join(import.meta.dirname, '..', '..', 'src', 'toolhive', 'knownFields.ts');

describeWithToolHive('the known fields', () => {
  it('are those of the CRDs of the same ToolHive; `npm run crds` writes them', async () => {
    const listed = await go(MODULE, ['list', '-m', '-f', '{{.Dir}}', 'github.com/stacklok/toolhive']);
    const crds = readCrds(join(listed.stdout.trim(), 'deploy', 'charts', 'operator-crds', 'files', 'crds'));
    expect(await readFile(TABLE, 'utf8')).toBe(renderKnownFields(crds));
  });
});
