/**
 * A number with an optional suffix: binary (`Ki` to `Ei`), decimal (`n` to `E`) or an exponent.
 * Source: `ParseQuantity` of apimachinery, pkg/api/resource.
 */
const QUANTITY = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]?|[eE][+-]?\d{1,18})$/;

/** True for a Kubernetes quantity such as `500m`, `64Mi` or `1.5`. */
export function isQuantity(text: string): boolean {
  return QUANTITY.test(text);
}

const POWERS: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...Object.fromEntries(
    ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((unit, index) => [unit, 1024 ** (index + 1)]),
  ),
};

/** About how much a valid quantity is, precise enough to compare two of them; undefined for any other text. */
export function quantityAmount(text: string): number | undefined {
  if (!isQuantity(text)) return undefined;
  const unit = /(?:[KMGTPE]i|[numkMGTPE])$/.exec(text)?.[0];
  return unit === undefined ? Number(text) : Number(text.slice(0, -unit.length)) * (POWERS[unit] ?? 1);
}
