import { element } from './elements.ts';
import type { FilledPod, Outcome } from './engine.ts';

const STYLES = { served: 'term-good', 'left out': 'term-bad', note: 'term-warn' } as const;

function outcomeRow({ name, outcome, reason, message }: Outcome): HTMLTableRowElement {
  const why = element('td', {}, message);
  if (reason !== undefined)
    why.prepend(
      element('a', { href: `../docs/injection.md/#${reason}` }, reason),
      message === '' ? '' : ': ',
    );
  return element('tr', {}, element('td', {}, name), element('td', { class: STYLES[outcome] }, outcome), why);
}

function outcomeTable({ outcomes }: FilledPod): HTMLElement {
  const head = element(
    'tr',
    {},
    ...['Backend', 'Outcome', 'Why'].map((title) => element('th', { scope: 'col' }, title)),
  );
  const table = element(
    'table',
    {},
    element('thead', {}, head),
    element('tbody', {}, ...outcomes.map(outcomeRow)),
  );
  return element('div', { class: 'table', tabindex: '0', role: 'group', 'aria-label': 'Backends' }, table);
}

function lineStyle(line: string): string {
  return line.startsWith('+')
    ? 'term-good'
    : line.startsWith('-')
      ? 'term-bad'
      : line.startsWith('@@')
        ? 'term-dim'
        : '';
}

function diffCode(diff: string): HTMLElement {
  const lines = diff.trimEnd().split('\n');
  return element(
    'code',
    {},
    ...lines.map((line) => element('span', { class: lineStyle(line) }, `${line}\n`)),
  );
}

const VIEWS = ['Changes', 'Before', 'After'] as const;

/** The Pod as a choice of three texts: what changes, and the whole of it before and after. */
function podText(pod: FilledPod, index: number): HTMLElement {
  const code = element('pre', { class: 'code', tabindex: '0' });
  const show = (view: (typeof VIEWS)[number]) => {
    if (view === 'Changes') code.replaceChildren(pod.diff === '' ? 'nothing changes' : diffCode(pod.diff));
    else code.replaceChildren(view === 'Before' ? pod.before : pod.after);
  };
  const choices = VIEWS.map((view) => {
    const input = element('input', {
      type: 'radio',
      name: `view-${index}`,
      ...(view === 'Changes' && { checked: '' }),
    });
    input.addEventListener('change', () => show(view));
    return element('label', {}, input, ` ${view}`);
  });
  show('Changes');
  return element('div', {}, element('fieldset', {}, element('legend', {}, 'Pod'), ...choices), code);
}

function podSection(pod: FilledPod, index: number): HTMLElement {
  const { origin, decision, reason, message } = pod;
  const style = decision === 'refused' ? 'term-bad' : 'term-good';
  return element(
    'section',
    {},
    element('h2', {}, `${origin} `, element('span', { class: style }, decision)),
    element('p', {}, element('a', { href: `../docs/injection.md/#${reason}` }, reason), `: ${message}`),
    ...(pod.outcomes.length > 0 ? [outcomeTable(pod)] : []),
    podText(pod, index),
  );
}

/** Shows what injection makes of the Pods of the text. */
export function showPods(panel: HTMLElement, pods: readonly FilledPod[]): void {
  const none =
    'The text has no vMCP Pod: it needs a VirtualMCPServer, a Pod, or a workload with a Pod template.';
  panel.replaceChildren(...(pods.length > 0 ? pods.map(podSection) : [element('p', {}, none)]));
}
