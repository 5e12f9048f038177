import { type Audit, allowed, denied, errored, type Outcome, patched } from '../admission/outcome.ts';
import type { Reviewer } from '../admission/reviewer.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { INJECT } from '../injection/contract.ts';
import { createInjector, type Injection, type InjectionDeps } from '../injection/injector.ts';
import { noteWarning, reportWarnings } from '../injection/report/report.ts';
import { MAX_NAME } from '../kubernetes/bounds.ts';
import { isObjectName } from '../kubernetes/objectNames.ts';
import { oneLine } from '../text/line.ts';
import { redacted } from '../text/redact.ts';
import { catalogAge } from './gather.ts';
import { isAboutPod } from './requestFacts.ts';
import { unavailable, undecidedPod } from './unavailable.ts';

/** Reasons that give no warning: the Pod is not a vMCP Pod, or is left alone as its owner wants. */
const SILENT: ReadonlySet<string> = new Set(['not-a-vmcp-pod', 'mirror-pod', 'opted-out', 'dynamic-mode']);

/** A name as it may be shown: one that no object can have may be a credential that was pasted there. */
function shownName(name: string): string {
  return oneLine(isObjectName(name) ? name : redacted(name), MAX_NAME);
}

/** What the audit log and the log of the webhook keep of an injection: names and counts, no contents. */
function audit(injection: Injection): Audit {
  const { decision, reason, group, virtualServer, report } = injection;
  return {
    decision,
    reason,
    // An annotation and a label of a Pod, which may have any text, also a credential, and up to 256 KiB of it.
    ...(group !== undefined && { group: shownName(group) }),
    ...(virtualServer !== undefined && { 'virtual-server': shownName(virtualServer) }),
    ...(report && {
      served: String(report.backends.length),
      'left-out':
        oneLine(report.leftOut.map(({ name, reason: why }) => `${name}=${why}`).join(',')) || 'none',
    }),
  };
}

function toOutcome(injection: Injection, catalog: Catalog, namespace: string): Outcome {
  const { decision, reason, message, report, notes: said, patch } = injection;
  const fails = said.some((note) => note.reason === 'vmcp-will-not-start');
  const reasons = [
    reason,
    ...(fails ? ['vmcp-will-not-start'] : []),
    ...new Set(report?.leftOut.map((left) => left.reason)),
  ];
  const sentence = `${reason}: ${redacted(message)}`;
  const own = SILENT.has(reason) ? [] : [sentence];
  const warnings = report ? reportWarnings(report) : [...own, ...said.map(noteWarning)];
  const age = SILENT.has(reason) ? {} : catalogAge(catalog, namespace);
  const notes = { warnings, audit: { ...audit(injection), ...age }, reasons };
  if (decision === 'refused')
    return denied([{ reason: 'FieldValueInvalid', field: fieldOf(injection), message: oneLine(sentence) }], {
      ...notes,
      warnings: [],
    });
  return patched(patch, notes);
}

/** The field that a person must change when a Pod is refused. */
function fieldOf({ reason }: Injection): string {
  if (reason === 'group-unknown' || reason === 'group-not-named')
    return 'metadata.annotations[vmcp-admission.dev/group]';
  if (reason === 'malformed-pod') return 'spec';
  return `metadata.annotations[${INJECT}]`;
}

/**
 * The mutating webhook for vMCP Pods. Only their creation is changed: most of a Pod's spec is immutable later. Every
 * other Pod passes untouched, with the reason in the audit log. The others wait until the catalog is complete.
 */
export function mutateReviewer(deps: InjectionDeps): Reviewer {
  const injector = createInjector(deps);
  return async (request, context) => {
    if (request.operation !== 'CREATE' || request.subResource)
      return allowed({ reasons: ['not-a-creation'] });
    if (!isAboutPod(request)) return allowed({ reasons: ['kind-not-reviewed'] });
    if (request.object === undefined || request.object === null)
      return errored(400, 'the review has no object');
    try {
      const namespace = request.namespace ?? '';
      const injection = await injector.inject(request.object, namespace, context);
      return injection.reason === 'config-map-unavailable'
        ? undecidedPod(injection.message)
        : toOutcome(injection, deps.catalog, namespace);
    } catch (error) {
      return unavailable(error);
    }
  };
}
