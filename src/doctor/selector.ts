import type { V1LabelSelector, V1LabelSelectorRequirement } from '@kubernetes/client-node';

export type Labels = Readonly<Record<string, string>>;

/** The label by which the API server names each namespace. */
export const NAMESPACE_LABEL = 'kubernetes.io/metadata.name';

function fits({ key, operator, values = [] }: V1LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  if (operator === 'In') return value !== undefined && values.includes(value);
  if (operator === 'NotIn') return value === undefined || !values.includes(value);
  return (value !== undefined) === (operator === 'Exists');
}

/** True when a label selector takes an object with these labels. Source: `metav1.LabelSelector`. */
export function selects(selector: V1LabelSelector | undefined, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((requirement) => fits(requirement, labels))
  );
}

function requirementText({ key, operator, values }: V1LabelSelectorRequirement): string {
  return `${key} ${operator}${values?.length ? ` (${values.toSorted().join(', ')})` : ''}`;
}

/** Every requirement of a selector as a text, sorted; selectors that say the same give the same texts. */
export function requirementsOf(selector: V1LabelSelector | undefined): string[] {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return [...labels, ...(selector?.matchExpressions ?? []).map(requirementText)].toSorted();
}
