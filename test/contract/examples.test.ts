import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isKnown } from './harness/known.ts';
import type { ToolHiveObject } from './harness/objects.ts';
import { denialsOf, NOT_DENIED } from './harness/review.ts';
import { describeWithToolHive, type Question, type Verdict } from './harness/toolhive.ts';

interface Example {
  readonly file: string;
  readonly objects: readonly ToolHiveObject[];
}

/** ToolHive's own examples for the operator, from its module. */
function examples(): Example[] {
  const folder = join(dirname(inject('toolhive') ?? ''), 'examples');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const all = parseAllDocuments(text).map((document) => document.toJS() as ToolHiveObject | null);
      const objects = all.filter(
        (object): object is ToolHiveObject =>
          object?.apiVersion.startsWith('toolhive.stacklok.dev/') === true,
      );
      return { file, objects };
    });
}

type Ask = (questions: readonly Question[]) => Promise<Verdict[]>;

/** Those that the API server stores, as it stores them. */
async function stored(ask: Ask, objects: readonly ToolHiveObject[]): Promise<ToolHiveObject[]> {
  const verdicts = await ask(objects.map((object) => ({ op: 'store', object })));
  return verdicts.flatMap(({ object, ok }) => (ok ? [object as unknown as ToolHiveObject] : []));
}

describeWithToolHive("ToolHive's own examples", (ask) => {
  it('are denied where, and only where, the operator refuses a server of them or its vMCP ends at start', async () => {
    const found = examples();
    expect(found.length).toBeGreaterThan(40);
    const differences: unknown[] = [];
    let refused = 0;
    for (const example of found) {
      const objects = await stored(ask, example.objects);
      const servers = objects.filter(({ kind }) => kind === 'VirtualMCPServer');
      const verdicts = await ask(
        servers.map((object) => ({ op: 'convert', object, others: objects, start: true })),
      );
      const errors = verdicts.flatMap(({ error }) =>
        error === undefined || isKnown(NOT_DENIED, error) ? [] : [error],
      );
      const denied = (await Promise.all(objects.map((object) => denialsOf(object, objects)))).flat();
      if (errors.length > 0) refused++;
      if (errors.length > 0 !== denied.length > 0)
        differences.push({ file: example.file, toolhive: errors, ours: denied.map(({ text }) => text) });
    }
    expect(differences).toEqual([]);
    expect(refused).toBeGreaterThan(0);
  });

  it('are decoded by the operator', async () => {
    const objects = await stored(
      ask,
      examples().flatMap((example) => example.objects),
    );
    expect(objects.length).toBeGreaterThan(90);
    const verdicts = await ask(objects.map((object) => ({ op: 'decode', object })));
    expect(verdicts.filter(({ ok }) => !ok)).toEqual([]);
  });
});
