/**
 * A number with an optional suffix: binary (`Ki` to `Ei`), decimal (`n` to `E`) or an exponent.
 * Source: `ParseQuantity` of apimachinery, pkg/api/resource.
 */
const QUANTITY = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]?|[eE][+-]?\d{1,18})$/;

/** True for a Kubernetes quantity such as `500m`, `64Mi` or `1.5`. */
export function isQuantity(text: string): boolean {
  return QUANTITY.test(text);
}
