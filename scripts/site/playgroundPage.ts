import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from '../../src/playground/samples.ts';
import { BASE } from '../rule-docs/examples.ts';
import { parsePage, readPages } from '../rule-docs/page.ts';
import { fillPlaceholders } from '../rule-docs/placeholders.ts';
import type { SitePage } from './pageShell.ts';
import { type SourcePage, toRoot } from './sourcePages.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');

/** Manifests of several files as one text. */
function joined(...texts: readonly string[]): string {
  return texts.map((text) => `${text.trimEnd()}\n`).join('---\n');
}

function examplesIn(folder: string): { name: string; text: string }[] {
  return readdirSync(join(EXAMPLES, folder))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(EXAMPLES, folder, name), 'utf8') }));
}

/** The comment that an example begins with. */
function titleOf(text: string): string {
  return /^# (.*?)[.]?$/m.exec(text)?.[1] ?? '';
}

/** The texts to pick from in the playground: the examples, and what the page of each rule refuses. */
export async function playgroundSamples(): Promise<Sample[]> {
  const good = joined(...examplesIn('good').map(({ text }) => text));
  const bad = examplesIn('bad');
  const first = bad.find(({ name }) => name === 'private-address.yaml')?.text ?? '';
  const pages = [...readPages()].map(([id, text]) => parsePage(id, text));
  const rules = pages.filter(({ kind, policy }) => kind === 'apply' && policy === undefined);
  const group = 'Rules' as const;
  return [
    { id: 'one-mistake', title: 'A group with one bad entry', group: 'Examples', text: joined(first, good) },
    { id: 'good', title: 'A group without mistakes', group: 'Examples', text: good },
    ...bad.map(({ name, text }) => ({
      ...{ id: name.replace(/\.yaml$/, ''), title: titleOf(text), group: 'Mistakes' as const },
      text: joined(
        text,
        ...examplesIn('good').flatMap((one) => (one.name === 'group.yaml' ? [one.text] : [])),
      ),
    })),
    ...(await Promise.all(
      rules.map(async ({ id, before, bad: text }) => ({
        ...{ id: `rule-${id}`, title: id, group },
        text: await fillPlaceholders(joined(text, BASE, ...(before === '' ? [] : [before]))),
      })),
    )),
  ];
}

/** The pages of the rules by id, as the playground shows them: a part of another page, with links that fit there. */
export function rulePages(pages: readonly SourcePage[]): Record<string, string> {
  const found = pages.flatMap(({ path, html }) => {
    const id = /^docs\/rules\/([a-z0-9-]+)\.md$/.exec(path)?.[1];
    if (id === undefined) return [];
    const part = html
      .replace(/ <a class="anchor".*?<\/a>/g, '')
      .replace(/<h(\d)(?: id="[^"]*")?>/g, (_, level) => `<h${Number(level) + 1}>`)
      .replace(/<\/h(\d)>/g, (_, level) => `</h${Number(level) + 1}>`)
      .replaceAll(`href="${toRoot(path)}`, `href="${toRoot('playground')}`);
    return [[id, `${part}<p><a href="${toRoot('playground')}${path}/">This page alone</a></p>`] as const];
  });
  return Object.fromEntries(found);
}

/** The page itself. Its script fills it. */
export const PLAYGROUND: SitePage = {
  path: 'playground',
  title: 'Playground',
  description:
    'Judge ToolHive manifests in the browser, with the engine of the webhook. Nothing leaves the page.',
  layout: 'wide',
  assets: ['playground.js'],
  html: `
<h1>Playground</h1>
<p class="note">The engine of the webhook runs in this page. What you type stays in it: the page may not open any connection.</p>
<div class="bar">
<label>Example <select id="sample"></select></label>
<button type="button" id="share">Share</button>
<span role="status" id="summary"></span>
</div>
<div class="work">
<div id="editor"></div>
<div class="answer">
<div role="tablist" id="tabs" aria-label="Answer">
<button type="button" role="tab" id="findings-tab" aria-controls="findings" aria-selected="true">Findings</button>
<button type="button" role="tab" id="pod-tab" aria-controls="pod" aria-selected="false" tabindex="-1">Pod</button>
</div>
<div role="tabpanel" id="findings" aria-labelledby="findings-tab" tabindex="0">
<div id="finding-list"></div>
<div id="rule-page" role="region" aria-label="Rule" tabindex="-1"></div>
</div>
<div role="tabpanel" id="pod" aria-labelledby="pod-tab" tabindex="0" hidden></div>
</div>
</div>`,
};
