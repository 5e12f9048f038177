// `npm run docs:rules`: writes the heads of the pages of docs/rules from the tables of the rules, their index, the schemas of policies, and what
// kubectl and `check` print about the example of each page. Recording needs the API server of the end-to-end tests;
// `-- --offline` records what `check` prints alone; `-- --index` records nothing; `-- ID…` records these pages alone.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULES, type RuleId } from '../src/rules/index.ts';
import { Kubectl } from '../test/support/cluster/kubectl.ts';
import { startTestCluster } from '../test/support/cluster/testCluster.ts';
import { until } from '../test/support/wait.ts';
import { PAGES_DIR, parsePage, type RulePage, readPages, withHead, withRecorded } from './rule-docs/page.ts';
import { renderPolicySchema, withPolicySchema } from './rule-docs/policySchema.ts';
import { checkBlock, kubectlBlock, storeBefore, tryExample } from './rule-docs/record.ts';
import { renderIndex } from './rule-docs/ruleIndex.ts';
import { saysExpected } from './rule-docs/settled.ts';

const texts = readPages();
for (const [id, text] of texts) {
  const changed = withHead(id, text, RULES[id as RuleId]);
  if (changed !== text) writeFileSync(join(PAGES_DIR, `${id}.md`), changed);
  texts.set(id, changed);
}

function write(page: RulePage, block: string): void {
  const text = texts.get(page.id) ?? '';
  const changed = withRecorded(text, block);
  writeFileSync(join(PAGES_DIR, `${page.id}.md`), changed);
  if (changed !== text) console.log(`recorded ${page.id}`);
}

async function recordWithKubectl(pages: readonly RulePage[]): Promise<void> {
  const isStatus = ({ kind }: RulePage) => kind === 'status';
  const started = await startTestCluster((kubectl) => storeBefore(pages.filter(isStatus), kubectl));
  if ('missing' in started) throw new Error(`there is no API server to record from: ${started.missing}`);
  try {
    const kubectl = new Kubectl(started.cluster.admin);
    await storeBefore(
      pages.filter((page) => !isStatus(page)),
      kubectl,
    );
    for (const page of pages) {
      let last = '';
      const results = await until(
        page.id,
        async () => {
          const tried = await tryExample(page, 'bad', kubectl);
          last = tried.map(({ stdout, stderr }) => stderr + stdout).join('');
          return (await saysExpected(page, 'bad', tried)) ? tried : undefined;
        },
        { withinMs: 20_000, everyMs: 500, describe: () => last },
      ).catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 1;
        return undefined;
      });
      if (results) write(page, await kubectlBlock(page, results));
    }
  } finally {
    await started.stop();
  }
}

const only = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const pages = [...texts]
  .filter(([id]) => only.length === 0 || only.includes(id))
  .map(([id, text]) => parsePage(id, text));
writeFileSync(join(PAGES_DIR, 'README.md'), renderIndex());
writeFileSync(join(PAGES_DIR, '../../schemas/policy.schema.json'), renderPolicySchema());
const chartSchema = join(PAGES_DIR, '../../deploy/helm/vmcp-admission/values.schema.json');
writeFileSync(chartSchema, withPolicySchema(readFileSync(chartSchema, 'utf8')));
spawnSync(join(PAGES_DIR, '../../node_modules/.bin/biome'), ['format', '--write', chartSchema]);
if (!process.argv.includes('--index')) {
  for (const page of pages) if (page.recordedWith.startsWith('check')) write(page, await checkBlock(page));
  if (!process.argv.includes('--offline'))
    await recordWithKubectl(pages.filter(({ recordedWith }) => recordedWith === 'kubectl'));
}
