import type { Reviewer } from '../admission/reviewer.ts';
import type { InjectionDeps } from '../injection/injector.ts';
import type { RunningIn } from '../stale/running.ts';
import { keptPodWarnings } from './keptPods.ts';
import { mutateReviewer } from './mutate.ts';
import { podGuardReviewer } from './podGuard.ts';
import { isAboutPod } from './requestFacts.ts';
import { validateReviewer } from './validate.ts';

/** Adds to what is allowed which running Pods do not follow it. */
function tellingOfPods(rules: Reviewer, running: RunningIn, { catalog, policy }: InjectionDeps): Reviewer {
  return async (request, context) => {
    const outcome = await rules(request, context);
    if (outcome.kind !== 'allowed') return outcome;
    const { namespace = '' } = request;
    const lines = keptPodWarnings(request, running(namespace), catalog.namespace(namespace), policy.toolhive);
    return lines.length === 0 ? outcome : { ...outcome, warnings: [...outcome.warnings, ...lines] };
  };
}

/**
 * The reviewer of each path. `/mutate` receives the creation of Pods. `/validate` receives Pods, whose updates the guard
 * judges, and objects of ToolHive, which the rules judge.
 * @param running the vMCP Pods that run, when the webhook looks at them
 */
export function makeReviewers(
  deps: InjectionDeps,
  running?: RunningIn,
): Readonly<Record<'validate' | 'mutate', Reviewer>> {
  const guard = podGuardReviewer();
  const judged = validateReviewer(deps);
  const rules = running ? tellingOfPods(judged, running, deps) : judged;
  return {
    mutate: mutateReviewer(deps),
    validate: (request, context) => (isAboutPod(request) ? guard : rules)(request, context),
  };
}
