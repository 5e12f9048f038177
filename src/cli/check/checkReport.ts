import type { InputObject, ManifestProblem } from '../../catalog/manifests/manifest.ts';
import { Positions } from '../../catalog/manifests/positions.ts';
import { ruleUrl } from '../../docs.ts';
import { isObjectName } from '../../kubernetes/objectNames.ts';
import type { CheckedObject } from '../../offline/check.ts';
import type { Finding } from '../../rules/findings/verdict.ts';
import type { RuleId } from '../../rules/index.ts';
import { counted } from '../../text/line.ts';
import { redacted } from '../../text/redact.ts';
import { storedKind } from '../../toolhive/kinds.ts';
import { EXIT } from '../shared/stdio.ts';

/** What a rule says about a field. */
export interface ItemFinding {
  readonly rule: RuleId;
  readonly field: string;
  readonly message: string;
  /**
   * Where the field is written in the file, or the nearest field above it that is written; both count from 1. Absent for an
   * object of a live cluster.
   */
  readonly line?: number;
  readonly column?: number;
  /** The address of the page of the rule. */
  readonly docs: string;
}

/** A finding that does not deny its object. */
export interface ItemWarning extends ItemFinding {
  /** Present when it would deny the object if the policy were enforced. */
  readonly wouldDeny?: true;
  /** Present for a denial that an exception of the policy lifts: the last day of the exception. */
  readonly exceptionUntil?: string;
}

/** A finding that denies its object. */
export interface ItemCause extends ItemFinding {
  readonly reason: string;
}

/** An object that was judged: an item of `check --output json`, whose form is part of the contract. */
export interface CheckItem {
  /** Absent for an object of a live cluster, as are document and line. */
  readonly file?: string;
  readonly document?: number;
  readonly line?: number;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The scope of the policy that decided; absent for its top level. */
  readonly scope?: string;
  readonly allowed: boolean;
  readonly causes: readonly ItemCause[];
  readonly warnings: readonly ItemWarning[];
}

/** What `check` has to say. Every output format is a function of it. */
export interface CheckReport {
  /** One for each object that was judged. */
  readonly items: readonly CheckItem[];
  /** What could not be judged. */
  readonly problems: readonly ManifestProblem[];
}

function fileOf(document: InputObject, positions: Positions): Pick<CheckItem, 'file' | 'document' | 'line'> {
  if (document.file === undefined) return {};
  return { file: document.file, document: document.document, line: positions.of(document, '').line };
}

/** The name of an object; one that no object can have may be a credential that was pasted there, as a kind may be. */
function shownName(name: string): string {
  return isObjectName(name) ? name : redacted(name);
}

function toItem(
  { document, namespace, name, scope, verdict }: CheckedObject,
  positions: Positions,
): CheckItem {
  const place = ({ rule, field }: Finding) => ({
    ...(document.file !== undefined && positions.of(document, field)),
    docs: ruleUrl(rule),
  });
  return {
    ...fileOf(document, positions),
    apiVersion: redacted(document.object.apiVersion),
    kind: redacted(document.object.kind),
    namespace: shownName(namespace),
    name: shownName(name),
    ...(scope !== undefined && { scope }),
    allowed: verdict.denials.length === 0,
    causes: verdict.denials.map((finding) => {
      const { rule, reason, field, message } = finding;
      return { rule, reason, field, message, ...place(finding) };
    }),
    warnings: verdict.warnings.map((finding) => {
      const { rule, field, detail, wouldDeny, exception } = finding;
      return {
        ...{ rule, field, message: detail, ...place(finding) },
        ...(wouldDeny && { wouldDeny: true as const }),
        ...(exception && { exceptionUntil: exception.until }),
      };
    }),
  };
}

/** The judged objects with the positions of their findings. */
function toItems(checked: readonly CheckedObject[]): readonly CheckItem[] {
  const positions = new Positions();
  return checked.map((one) => toItem(one, positions));
}

/** A finding with its object and its level. */
export interface LeveledFinding extends ItemFinding {
  readonly item: CheckItem;
  readonly level: 'error' | 'warning';
}

/** All findings, in the order of the objects. */
export function findingsOf({ items }: CheckReport): readonly LeveledFinding[] {
  return items.flatMap((item) => [
    ...item.causes.map((cause) => ({ ...cause, item, level: 'error' as const })),
    ...item.warnings.map((warning) => ({ ...warning, item, level: 'warning' as const })),
  ]);
}

/** How many objects have which verdict. */
export function countVerdicts({ items }: CheckReport): { denied: number; warned: number; clean: number } {
  const denied = items.filter(({ allowed }) => !allowed).length;
  const warned = items.filter(({ allowed, warnings }) => allowed && warnings.length > 0).length;
  return { denied, warned, clean: items.length - denied - warned };
}

/** The exit code of `check`; it does not depend on the output format. */
export function exitCode({ items, problems }: CheckReport): number {
  if (problems.length > 0) return EXIT.unusable;
  return items.some(({ allowed }) => !allowed) ? EXIT.denied : EXIT.clean;
}

/** What was read to be judged. */
export interface CheckInput {
  readonly documents: readonly InputObject[];
  readonly problems: readonly ManifestProblem[];
}

/** Why there is nothing to judge, although everything could be read. */
function emptyMessage({ documents }: CheckInput): string {
  const toolhive = documents.filter(({ object }) => storedKind(object) !== undefined).length;
  if (toolhive > 0)
    return `nothing to judge: the policy exempts the namespaces of all ToolHive objects in the input (${toolhive})`;
  if (documents.length > 0)
    return `nothing to judge: the input has ${counted(documents.length, 'Kubernetes object')}, and none of a ToolHive kind`;
  return 'nothing to judge: the input contains no Kubernetes object';
}

/**
 * The report on the objects of an input. An input without anything to judge is a problem, since it is mostly a mistake.
 * @param name what a problem with the input as a whole is about
 */
export function toReport(name: string, input: CheckInput, checked: readonly CheckedObject[]): CheckReport {
  const { problems } = input;
  const empty = checked.length + problems.length === 0;
  const problem = { file: name, line: undefined, column: undefined, message: emptyMessage(input) };
  return { items: toItems(checked), problems: empty ? [problem] : problems };
}
