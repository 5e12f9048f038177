const NULL: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL']);
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['false', 'False', 'FALSE'].map((text) => [text, false] as const),
]);
const WITH_BASE = /^([-+]?)0([xob]?)([0-9a-f]+)$/i;
const DECIMAL = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const DIGITS: Readonly<Record<string, RegExp>> = { x: /^[0-9a-f]+$/i, o: /^[0-7]+$/, b: /^[01]+$/ };

/** A number with the prefix 0x, 0o or 0b, or with a leading zero, which means octal. */
function numberWithBase(text: string): number | undefined {
  const [, sign, letter, digits = ''] = WITH_BASE.exec(text) ?? [];
  const base = letter?.toLowerCase() || 'o';
  if (!DIGITS[base]?.test(digits)) return undefined;
  const value = Number(`0${base}${digits}`);
  return sign === '-' ? -value : value;
}

/**
 * What a plain scalar is to ToolHive: null, a boolean, a number, or text. Dates, `.nan` and `.inf` count as text, since no
 * field of a config is a date or takes these numbers. Source: `resolve` of gopkg.in/yaml.v3.
 */
export function plainScalar(text: string): null | boolean | number | string {
  if (NULL.has(text)) return null;
  const boolean = BOOLEANS.get(text);
  if (boolean !== undefined) return boolean;
  if (!/^[-+.0-9]/.test(text)) return text;
  const plain = text.startsWith('.') ? text : text.replaceAll('_', '');
  return numberWithBase(plain) ?? (DECIMAL.test(plain) ? Number(plain) : text);
}
