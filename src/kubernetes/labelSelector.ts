import * as z from 'zod';

/** Labels of an object. */
export type Labels = Readonly<Record<string, string>>;

/** A label selector. Source: `metav1.LabelSelector`. */
export const labelSelectorWire = z
  .strictObject({
    matchLabels: z.record(z.string(), z.string()).default({}),
    matchExpressions: z
      .array(
        z
          .strictObject({
            key: z.string().min(1),
            operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
            values: z.array(z.string()).default([]),
          })
          .refine(({ operator, values }) => /In$/.test(operator) === values.length > 0, {
            path: ['values'],
            error: 'must be given with In and NotIn, and with no other operator',
          }),
      )
      .default([]),
  })
  .refine(
    ({ matchLabels, matchExpressions }) => Object.keys(matchLabels).length + matchExpressions.length > 0,
    { error: 'selects everything; give matchLabels or matchExpressions' },
  );

export type LabelSelector = z.infer<typeof labelSelectorWire>;

function meets(
  { key, operator, values }: LabelSelector['matchExpressions'][number],
  labels: Labels,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  const listed = value !== undefined && values.includes(value);
  return operator === 'In' ? listed : !listed;
}

/** True when the labels meet everything that the selector asks for. */
export function selects({ matchLabels, matchExpressions }: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(
      ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
    ) && matchExpressions.every((expression) => meets(expression, labels))
  );
}
