import { beforeAll, describe, expect, it } from 'vitest';
import { parsePage, readPages } from '../../scripts/rule-docs/page.ts';
import { checkBlock, kubectlBlock, storeBefore, tryExample } from '../../scripts/rule-docs/record.ts';
import { saysExpected } from '../../scripts/rule-docs/settled.ts';
import { describeOnCluster } from './harness/cluster.ts';
import { sendExample } from './harness/sentExample.ts';

const pages = [...readPages()].map(([id, text]) => parsePage(id, text));
const onCluster = pages.filter(({ recordedWith }) => recordedWith === 'kubectl');
const offline = pages.filter(({ recordedWith }) => recordedWith !== 'kubectl');
/** What kubectl prints; only newer ones say from which namespace something was deleted. */
const sameInAllVersions = (text: string) => text.replace(/ deleted from \S+ namespace$/gm, ' deleted');
/** The webhook may see objects of `before` a moment after they were stored. */
const SOON = { timeout: 30_000, interval: 300 };

describeOnCluster('the pages of docs/rules', ({ kubectl, objects }) => {
  beforeAll(async () => {
    // Those about phases were stored before there was a webhook.
    await storeBefore(
      onCluster.filter(({ kind }) => kind !== 'status'),
      kubectl,
    );
  });

  it.concurrent.each(onCluster.map((page) => [page.id, page] as const))(
    '%s: kubectl prints what the page shows',
    async (_id, page) => {
      await expect
        .poll(
          async () => sameInAllVersions(await kubectlBlock(page, await tryExample(page, 'bad', kubectl))),
          SOON,
        )
        .toBe(sameInAllVersions(page.recorded));
    },
  );

  it.concurrent.each(onCluster.map((page) => [page.id, page] as const))(
    '%s: the API server takes the good example without a word',
    async (_id, page) => {
      await expect
        .poll(async () => {
          const results = await sendExample(page, 'good', await objects());
          return (await saysExpected(page, 'good', results))
            ? ''
            : results.map(({ stderr }) => stderr).join('');
        }, SOON)
        .toBe('');
    },
  );
});

describe('the pages of docs/rules about what only manifests have', () => {
  it.each(offline.map((page) => [page.id, page] as const))(
    '%s: check prints what the page shows',
    async (_id, page) => {
      expect(await checkBlock(page)).toBe(page.recorded);
    },
  );
});
