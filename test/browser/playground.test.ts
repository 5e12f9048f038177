import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { BASE } from '../../scripts/rule-docs/examples.ts';
import { parsePage, readPages } from '../../scripts/rule-docs/page.ts';
import { fillPlaceholders } from '../../scripts/rule-docs/placeholders.ts';
import { type Judgement, judge, type PlaygroundInput } from '../../src/playground/engine.ts';
import { describeInBrowser, untilJudged } from './pages.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** What the engine says in the page. */
function judgedIn(page: Page, inputs: readonly PlaygroundInput[]): Promise<Judgement[]> {
  return page.evaluate(async (all) => {
    const { vmcpAdmission } = globalThis as unknown as {
      vmcpAdmission: { judge(input: PlaygroundInput): Promise<Judgement> };
    };
    const answers: Judgement[] = [];
    for (const input of all) answers.push(await vmcpAdmission.judge(input));
    return answers;
  }, inputs);
}

function examples(folder: string): Record<string, string> {
  const names = readdirSync(join(ROOT, 'examples', folder)).sort();
  return Object.fromEntries(
    names.map((name) => {
      const file = `examples/${folder}/${name}`;
      return [file, readFileSync(join(ROOT, file), 'utf8')];
    }),
  );
}

/** The JSON that a command prints; `check` ends with 1 when something is denied. */
async function printed(...args: readonly string[]): Promise<unknown> {
  const command = [join(ROOT, 'src/main.ts'), ...args, '-o', 'json'];
  const { stdout } = await run(process.execPath, command, { cwd: ROOT, maxBuffer: 2 ** 24 }).catch(
    (error) => error,
  );
  return JSON.parse(stdout);
}

/** The refused and the accepted example of each rule page, with the policy of the page. */
async function ruleExamples(): Promise<PlaygroundInput[]> {
  const inputs: PlaygroundInput[] = [];
  for (const [id, text] of readPages()) {
    const page = parsePage(id, text);
    for (const example of [page.bad, page.good])
      inputs.push({
        files: { 'before.yaml': `${BASE}---\n${page.before}`, 'page.yaml': await fillPlaceholders(example) },
        ...(page.policy !== undefined && { policy: page.policy }),
        secrets: page.recordedWith.includes('--secrets'),
      });
  }
  return inputs;
}

/** Replaces the text of the editor by typing. */
async function type(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Manifests (YAML)' }).focus();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText(text);
}

const ENTRY = `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata: {name: typed, namespace: apps}
spec:
  remoteUrl: http://localhost/mcp
  transport: streamable-http
  groupRef: {name: team}
`;

describeInBrowser('the playground', ({ url, open }) => {
  it('says what the command line says about the examples', async () => {
    const page = await untilJudged(await open('playground/'));
    const [all, good] = await judgedIn(page, [
      { files: { ...examples('bad'), ...examples('good') } },
      { files: examples('good') },
    ]);
    expect(all?.report.items).toEqual(await printed('check', 'examples/bad', 'examples/good'));
    const injected = (await printed('inject', 'examples/good')) as { reason: string; backends: string[] }[];
    const served = good?.pods.map(({ reason, outcomes }) => ({
      reason,
      backends: outcomes.map(({ name }) => name),
    }));
    expect(served).toEqual(injected.map(({ reason, backends }) => ({ reason, backends })));
  });

  it('says what the same engine says in Node about the examples of all rule pages', async () => {
    const inputs = await ruleExamples();
    const page = await untilJudged(await open('playground/'));
    const inNode: Judgement[] = [];
    for (const input of inputs) inNode.push(await judge(input));
    expect(inputs.length).toBeGreaterThan(200);
    expect(await judgedIn(page, inputs)).toEqual(JSON.parse(JSON.stringify(inNode)));
  });

  it('underlines what is typed, lists it, and shows the page of its rule', async () => {
    const page = await untilJudged(await open('playground/'));
    await type(page, ENTRY);
    const finding = page
      .locator('#finding-list')
      .getByText('spec.remoteUrl: Invalid value: "http://localhost/mcp"');
    await finding.waitFor();
    expect(await page.locator('.cm-line:has(.cm-lintRange-error)').textContent()).toBe(
      '  remoteUrl: http://localhost/mcp',
    );
    await page.getByRole('button', { name: 'Go to 5:3' }).click();
    expect(await page.locator('.cm-activeLine').textContent()).toBe('  remoteUrl: http://localhost/mcp');
    await page.getByRole('button', { name: 'group-not-found' }).click();
    await page
      .getByRole('region', { name: 'Rule' })
      .getByRole('heading', { name: 'group-not-found' })
      .waitFor();
    expect(await page.getByRole('status').first().textContent()).toBe(
      '1 object checked: 1 denied, 0 allowed with warnings, 0 clean',
    );
  });

  it('works with the keyboard alone: tabs by arrows, and the Pod before and after', async () => {
    const page = await untilJudged(await open('playground/'));
    await page.getByRole('tab', { name: 'Findings' }).focus();
    await page.keyboard.press('ArrowRight');
    const pod = page.getByRole('tabpanel', { name: 'Pod' });
    await pod.getByRole('cell', { name: 'left out' }).waitFor();
    await pod.getByRole('link', { name: 'entry-denied' }).waitFor();
    const code = pod.locator('pre');
    expect(await code.textContent()).toContain('+    vmcp-admission.dev/config.yaml: |');
    await pod.getByRole('radio', { name: 'Before' }).focus();
    await page.keyboard.press('Space');
    expect(await code.textContent()).not.toContain('vmcp-admission.dev');
    await page.keyboard.press('ArrowRight');
    expect(await code.textContent()).toContain('\n    vmcp-admission.dev/config.yaml: |');
  });

  it('shares the text in the link', async () => {
    const page = await untilJudged(await open('playground/'));
    const text = `${ENTRY}# ${'ä😀'.repeat(500)}\n`;
    await type(page, text);
    await page.getByRole('button', { name: 'Share' }).click();
    await page.waitForURL(/#text=/);
    const other = await open(page.url().slice(url.length + 1));
    await other.locator('#finding-list').getByText('http://localhost/mcp').waitFor();
    expect(await other.locator('.cm-content').innerText()).toContain('ä😀ä😀');
  });

  it('sends nothing: it asks only for files of the site, and may open no connection', async () => {
    const page = await open('');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.method()} ${request.url()}`));
    await page.goto(`${url}/playground/`);
    await page.getByRole('region', { name: 'Rule' }).getByRole('heading').first().waitFor();
    const before = asked.length;
    await type(page, ENTRY);
    await page.locator('#finding-list').getByText('http://localhost/mcp').waitFor();
    expect(asked.filter((one) => !one.startsWith(`GET ${url}/`))).toEqual([]);
    expect(asked.slice(before)).toEqual([]);
    const refused = await page.evaluate(async (own) => {
      const fetched = await Promise.allSettled([fetch(own), fetch('http://127.0.0.1:9/')]);
      return fetched.map(({ status }) => status);
    }, url);
    expect(refused).toEqual(['rejected', 'rejected']);
  });
});
