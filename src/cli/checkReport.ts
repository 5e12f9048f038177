import { styleText } from 'node:util';
import type { ManifestProblem } from '../catalog/manifests/manifest.ts';
import type { CheckedObject } from '../offline/check.ts';
import { ruleAnchor } from '../rules/index.ts';
import { oneLine } from '../text.ts';

/** An item of `check --output json`; the form is part of the contract. */
export interface CheckItem {
  readonly file: string;
  readonly document: number;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly allowed: boolean;
  readonly causes: readonly { rule: string; reason: string; field: string; message: string; docs: string }[];
  readonly warnings: readonly { rule: string; field: string; message: string; docs: string }[];
}

export function toItem({ document, namespace, name, verdict }: CheckedObject): CheckItem {
  return {
    file: document.file,
    document: document.document,
    apiVersion: document.object.apiVersion,
    kind: document.object.kind,
    namespace,
    name,
    allowed: verdict.denials.length === 0,
    causes: verdict.denials.map(({ rule, reason, field, message }) => ({
      rule,
      reason,
      field,
      message,
      docs: ruleAnchor(rule),
    })),
    warnings: verdict.warnings.map(({ rule, field, detail }) => ({
      rule,
      field,
      message: detail,
      docs: ruleAnchor(rule),
    })),
  };
}

type Style = (style: 'red' | 'yellow' | 'green' | 'bold' | 'dim', text: string) => string;

/** Colours for a terminal, plain text for a pipe. */
export function painter(colour: boolean): Style {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The items as text: one block for each object that something is said about, and a line that sums up. */
export function checkText(items: readonly CheckItem[], colour: boolean): string {
  const paint = painter(colour);
  const lines: string[] = [];
  for (const item of items) {
    if (item.allowed && item.warnings.length === 0) continue;
    const verdict = item.allowed ? paint('yellow', 'warning') : paint('red', 'denied');
    const where = `${item.file}, document ${item.document}`;
    lines.push(
      `${paint('bold', oneLine(`${item.kind} ${item.namespace}/${item.name}`))} ${verdict} ${paint('dim', `(${oneLine(where)})`)}`,
    );
    for (const { field, message, rule } of item.causes)
      lines.push(`  ${paint('red', 'error')}   ${oneLine(field)}: ${message} ${paint('dim', `[${rule}]`)}`);
    for (const { field, message, rule } of item.warnings)
      lines.push(
        `  ${paint('yellow', 'warning')} ${oneLine(field)}: ${message} ${paint('dim', `[${rule}]`)}`,
      );
  }
  const denied = items.filter(({ allowed }) => !allowed).length;
  const warned = items.filter(({ allowed, warnings }) => allowed && warnings.length > 0).length;
  const sum = `${plural(items.length, 'object')} checked: ${denied} denied, ${warned} allowed with warnings, ${items.length - denied - warned} clean`;
  lines.push(paint(denied > 0 ? 'red' : 'green', sum));
  if (denied + warned > 0) lines.push(paint('dim', 'What a rule means: vmcp-admission explain RULE'));
  return `${lines.join('\n')}\n`;
}

/** `file:line:column: message`, as compilers print it. */
export function problemText(problem: ManifestProblem): string {
  const at =
    problem.line === undefined
      ? ''
      : `:${problem.line}${problem.column === undefined ? '' : `:${problem.column}`}`;
  return oneLine(`${problem.file}${at}: ${problem.message}`);
}
