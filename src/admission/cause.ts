import type { Line } from '../text/line.ts';

/** The API server's own reasons for a field error. Source: `metav1.CauseType` of apimachinery. */
export type CauseReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueNotFound'
  | 'FieldValueTooLong';

/** One thing that is wrong with one field, as `status.details.causes` carries it and kubectl prints it. */
export interface Cause {
  readonly reason: CauseReason;
  /** JSON path as the API server writes it, e.g. `spec.headerForward.addHeadersFromSecret[0].headerName`. */
  readonly field: string;
  readonly message: Line;
}
