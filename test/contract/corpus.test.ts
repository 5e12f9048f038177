import { expect, it } from 'vitest';
import { CORPUS_FILES, type CorpusCase, corpusOf } from '../support/corpus.ts';
import { describeWithToolHive, type Verdict } from './harness/toolhive.ts';

const ENV = {
  TOOLHIVE_HEADER_INJECTION_VALUE_HEADER: 'value',
  TOOLHIVE_TOKEN_EXCHANGE_CLIENT_SECRET_EXCHANGE: 'value',
};
const STOPS: readonly (string | undefined)[] = ['spec', 'convert', 'integration', 'write'];

/** The words of the corpus for what ToolHive's packages say of an object. */
function truthOf({ ok, stage }: Verdict): string {
  if (ok) return 'good';
  return stage === 'decode' ? 'poison' : STOPS.includes(stage) ? 'stuck' : 'crash';
}

/** What the packages can say of a case; what only the operator itself shows is good to them, and so is what is ignored. */
function expectedOf({ row: { is, by } }: CorpusCase): string {
  return by === 'operator' || is === 'ignored' ? 'good' : is;
}

const KNOWN = CORPUS_FILES.flatMap((file) => corpusOf(file));

describeWithToolHive('the corpus of objects whose truth ToolHive said', (ask) => {
  it('is stored by the API server, and still true of the packages of ToolHive', async () => {
    const stored = await ask(KNOWN.map(({ object }) => ({ op: 'store', object })));
    expect(KNOWN.filter((_, index) => !stored[index]?.ok).map(({ line }) => line)).toEqual([]);
    const verdicts = await ask(
      KNOWN.map(({ object: { kind }, neighbours }, index) => {
        const object = stored[index]?.object;
        if (kind !== 'VirtualMCPServer') return { op: 'decode', object };
        const asked = { ...object, apiVersion: 'toolhive.stacklok.dev/v1beta1' };
        return { op: 'convert', object: asked, others: neighbours, start: true, env: ENV };
      }),
    );
    const differences = KNOWN.flatMap((one, index) => {
      const verdict = verdicts[index]!;
      const judged =
        one.object.kind === 'VirtualMCPServer' || verdict.stage === 'decode' || one.row.is === 'poison';
      return !judged || truthOf(verdict) === expectedOf(one)
        ? []
        : [{ [one.object.kind]: one.line, toolhive: `${truthOf(verdict)}: ${verdict.error}` }];
    });
    expect(differences).toEqual([]);
  });
});
