import type { ManifestInput, ManifestProblem } from '../catalog/manifests/manifest.ts';
import { ruleUrl } from '../docs.ts';
import type { CheckedObject } from '../offline/check.ts';
import { storedKind } from '../toolhive/kinds.ts';
import { EXIT } from './stdio.ts';

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

/** What `check` has to say. Every output format is a function of it. */
export interface CheckReport {
  /** One for each object that was judged. */
  readonly items: readonly CheckItem[];
  /** What could not be judged. */
  readonly problems: readonly ManifestProblem[];
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
      docs: ruleUrl(rule),
    })),
    warnings: verdict.warnings.map(({ rule, field, detail }) => ({
      rule,
      field,
      message: detail,
      docs: ruleUrl(rule),
    })),
  };
}

/** The exit code of `check`; it does not depend on the output format. */
export function exitCode({ items, problems }: CheckReport): number {
  if (problems.length > 0 || items.length === 0) return EXIT.unusable;
  return items.some(({ allowed }) => !allowed) ? EXIT.denied : EXIT.clean;
}

/** Why there is nothing to judge, although every file could be read. */
export function nothingToJudge({ documents }: ManifestInput): string {
  const toolhive = documents.filter(({ object }) => storedKind(object) !== undefined).length;
  if (toolhive > 0)
    return `nothing to judge: the policy exempts the namespaces of all ToolHive objects in the input (${toolhive})`;
  if (documents.length > 0)
    return `nothing to judge: none of the Kubernetes objects in the input is of ToolHive (${documents.length})`;
  return 'nothing to judge: the input contains no Kubernetes object';
}
