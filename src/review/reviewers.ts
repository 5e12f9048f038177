import type { Reviewer } from '../admission/reviewer.ts';
import type { InjectionDeps } from '../injection/injector.ts';
import { mutateReviewer } from './mutate.ts';
import { podGuardReviewer } from './podGuard.ts';
import { validateReviewer } from './validate.ts';

/**
 * The reviewer of each path. `/mutate` receives the creation of Pods. `/validate` receives Pods, whose updates the guard
 * judges, and objects of ToolHive, which the rules judge.
 */
export function makeReviewers(deps: InjectionDeps): Readonly<Record<'validate' | 'mutate', Reviewer>> {
  const guard = podGuardReviewer();
  const rules = validateReviewer(deps);
  return {
    mutate: mutateReviewer(deps),
    validate: (request, context) => {
      const isPod = request.kind.group === '' && request.kind.kind === 'Pod';
      return (isPod ? guard : rules)(request, context);
    },
  };
}
