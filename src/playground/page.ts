import { Editor } from './editor.ts';
import { byId, element } from './elements.ts';
import { type Judgement, judge } from './engine.ts';
import {
  type FindingActions,
  remarksOf,
  rulesOf,
  showFindings,
  showRulePage,
  summaryOf,
} from './findingsPanel.ts';
import { showPods } from './podPanel.ts';
import { loadSamples, type Sample } from './samples.ts';
import { fromFragment, toFragment } from './shareLink.ts';
import { enableTabs } from './tabs.ts';

/** What messages call the text of the editor. */
const FILE = 'manifests.yaml';
/** Milliseconds without typing after which the text is judged. */
const PAUSE = 200;

const status = byId('summary');
const picker = byId<HTMLSelectElement>('sample');
const rule = byId('rule-page');
const samples = await loadSamples();
const editor = new Editor(byId('editor'), judgeSoon);
const actions: FindingActions = {
  goTo: (line, column) => editor.goTo(line, column),
  showRule: (id) => void showRulePage(rule, id).then(() => rule.focus()),
};

function say(text: string): void {
  if (status.textContent !== text) status.textContent = text;
}

function show({ report, pods }: Judgement): void {
  editor.show(remarksOf(report));
  showFindings(byId('finding-list'), report, actions);
  showPods(byId('pod'), pods);
  say(summaryOf(report));
  const rules = rulesOf(report);
  if (!rules.includes(rule.dataset.rule ?? '')) void showRulePage(rule, rules[0]);
}

let timer: ReturnType<typeof setTimeout> | undefined;
function judgeSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void judgeNow(), PAUSE);
}

/** Judges the text. When it changed meanwhile, the answer is not shown: the next one is on its way. */
async function judgeNow(): Promise<void> {
  const { text } = editor;
  try {
    const judgement = await judge({ files: { [FILE]: text } });
    if (text === editor.text) show(judgement);
  } catch (error) {
    say(`The text cannot be judged: internal error (${error instanceof Error ? error.name : 'unknown'}).`);
  }
}

function fillPicker(): void {
  for (const group of new Set(samples.map((sample) => sample.group))) {
    const options = samples
      .filter((sample) => sample.group === group)
      .map(({ id, title }) => element('option', { value: id }, title));
    picker.append(element('optgroup', { label: group }, ...options));
  }
}

function use(sample: Sample | undefined): void {
  if (sample === undefined) return;
  picker.value = sample.id;
  editor.text = sample.text;
}

/** Shows what the address asks for: a shared text (`#text=…`), a sample (`?example=ID`), or else the first sample. */
async function openAddress(): Promise<void> {
  const { hash, search } = location;
  const example = new URLSearchParams(search).get('example');
  const shared = await fromFragment(hash);
  if (shared !== undefined) editor.text = shared;
  else use(samples.find(({ id }) => id === example) ?? samples[0]);
  if (shared === undefined && hash.startsWith('#text='))
    say('The link is not complete; this is the first example.');
}

async function share(): Promise<void> {
  history.replaceState(null, '', await toFragment(editor.text));
  const copied = await navigator.clipboard?.writeText(location.href).then(
    () => true,
    () => false,
  );
  say(
    copied
      ? 'The link is copied. The text is in the link itself.'
      : 'The address of this page now holds the text.',
  );
}

fillPicker();
enableTabs(byId('tabs'));
picker.addEventListener('change', () => use(samples.find(({ id }) => id === picker.value)));
byId('share').addEventListener('click', () => void share());
addEventListener('hashchange', () => void openAddress());
await openAddress();

/** For tests, and for whoever wants to judge many texts in the console of the browser. */
Object.assign(globalThis, { vmcpAdmission: { judge } });
