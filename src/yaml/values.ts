import { plainScalar } from './plainScalar.ts';

/** A plain scalar that stands in the output exactly as its source wrote it, so that it keeps its type. */
export class PlainScalar {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** What the vMCP's loader takes it for. */
  get value(): null | boolean | number | string {
    return plainScalar(this.text);
  }

  /** True for null, which the vMCP's loader takes for the zero value of any field. */
  get isNull(): boolean {
    return this.value === null;
  }
}

export function isCollection(value: YamlValue | undefined): value is YamlMap | readonly YamlValue[] {
  return value instanceof YamlMap || Array.isArray(value);
}

/** True for null, which stands for the zero value of any field. */
export function isNull(value: YamlValue): boolean {
  return value instanceof PlainScalar && value.isNull;
}

/** A scalar as the text that the vMCP's loader takes it for; empty for null, and for what is not a scalar. */
export function textOf(value: YamlValue | undefined): string {
  if (value instanceof PlainScalar) return value.isNull ? '' : value.text;
  return value === undefined || isCollection(value) ? '' : String(value);
}

export type YamlValue = string | number | boolean | PlainScalar | readonly YamlValue[] | YamlMap;

/** A mapping with its keys in the order in which they are to be written. */
export class YamlMap {
  readonly pairs: readonly (readonly [key: string, value: YamlValue])[];

  constructor(pairs: readonly (readonly [key: string, value: YamlValue | undefined])[]) {
    this.pairs = pairs.filter((pair): pair is readonly [string, YamlValue] => pair[1] !== undefined);
  }

  get(key: string): YamlValue | undefined {
    return this.pairs.find(([name]) => name === key)?.[1];
  }
}

/** The value as plain JavaScript data, a {@link PlainScalar} as its value; maps have no prototype. */
export function toData(value: YamlValue): unknown {
  if (value instanceof PlainScalar) return value.value;
  if (value instanceof YamlMap) {
    const data: Record<string, unknown> = Object.create(null);
    for (const [key, item] of value.pairs) data[key] = toData(item);
    return data;
  }
  return Array.isArray(value) ? value.map(toData) : value;
}
