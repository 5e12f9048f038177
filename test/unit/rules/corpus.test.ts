import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/catalog/manifests/manifest.ts';
import { manifestCatalog } from '../../../src/catalog/manifests/manifestCatalog.ts';
import { reviewManifests } from '../../../src/offline/check.ts';
import { defaultPolicy } from '../../../src/rules/policy/policy.ts';
import { CORPUS_FILES, type CorpusCase, corpusOf } from '../../support/corpus.ts';

async function findingsOf({ object, neighbours }: CorpusCase): Promise<string[]> {
  const toDocument = (item: unknown) => ({
    file: 'case',
    document: 1,
    line: 1,
    object: item as KubernetesObject,
  });
  const [checked] = await reviewManifests([toDocument(object)], {
    catalog: manifestCatalog([...neighbours, object].map(toDocument)),
    policy: defaultPolicy(),
    now: new Date(),
    signal: new AbortController().signal,
  });
  const { denials = [], warnings = [] } = checked?.verdict ?? {};
  return [
    ...denials.map(({ rule, field }) => `deny ${rule} ${field}`),
    ...warnings.map(({ rule, field }) => `warn ${rule} ${field}`),
  ];
}

/** True when the findings are of the level that the truth asks for. */
function fits({ row: { is, later } }: CorpusCase, findings: readonly string[]): boolean {
  const denied = findings.some((finding) => finding.startsWith('deny'));
  if (is === 'good') return !denied;
  return is === 'ignored' || later ? findings.length > 0 : denied;
}

describe.each(CORPUS_FILES)('objects whose truth ToolHive said: %s', (file) => {
  const cases = corpusOf(file);

  it('have the findings that stand beside them', async () => {
    const differences: unknown[] = [];
    for (const one of cases) {
      const found = await findingsOf(one);
      if (found.sort().join() !== [...one.expected].sort().join())
        differences.push({ [one.object.kind]: one.line, found, expected: one.expected });
    }
    expect(differences).toEqual([]);
  });

  it('are denied when they end something, warned about when something is ignored, and not denied when they are good', () => {
    // A definition alone has no backends, so a tool of an unknown one is not told there.
    const asked = cases.filter(
      ({ row, object, expected }) =>
        !(row.tool && object.kind !== 'VirtualMCPServer' && expected.length === 0),
    );
    expect(asked.filter((one) => !fits(one, one.expected)).map(({ line }) => line)).toEqual([]);
  });
});
