import type { Random } from './random.ts';

/** Values that parsers and rules stumble over. */
const JUNK: readonly (() => unknown)[] = [
  ...[
    null,
    true,
    0,
    -1,
    1e308,
    2 ** 53,
    0.1,
    '',
    ' ',
    '\u0000',
    '\n',
    '\ud800',
    '\u202e',
    '$(A)',
    '$$',
    '..',
    '__proto__',
  ].map((value) => () => value),
  ...[
    'http://localhost/',
    'https://u:p@h/',
    'http://[::ffff:127.0.0.1]/',
    'http://0x7f.1/',
    'https://\uff4c/',
  ].map((value) => () => value),
  ...[
    'Valid',
    'v1',
    'toolhive.stacklok.dev/v1alpha1',
    'MCPServerEntry',
    'Pod',
    'status',
    'DELETE',
    'team',
  ].map((value) => () => value),
  () => [],
  () => ({}),
  () => [[[]]],
  () => ({ name: 5 }),
  () => 'x'.repeat(100_000),
  () => Array.from({ length: 2_000 }, (_, index) => index),
  () => Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`X-${index}`, '$('])),
  () => nested(150),
  () => nested(1_000),
  () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": 1}}'),
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

type Container = Record<string, unknown> | unknown[];

/** Every object and array of a value that holds something; not deeper than any real object. */
function containers(value: unknown, found: Container[] = [], depth = 0): Container[] {
  if (typeof value !== 'object' || value === null || depth > 40) return found;
  if (Object.keys(value).length > 0) found.push(value as Container);
  for (const item of Object.values(value)) containers(item, found, depth + 1);
  return found;
}

/** Changes one place of a JSON value. */
function mutateJson(root: Container, random: Random): void {
  const all = containers(root);
  if (all.length === 0) return;
  const target = random.pick(all) as Record<string, unknown>;
  const key = random.pick(Object.keys(target));
  const donor = random.pick(all) as Record<string, unknown>;
  const other = random.pick(Object.keys(donor));
  const value = target[key];
  switch (random.below(7)) {
    case 0:
      delete target[key];
      break;
    case 1:
      target[key] = donor[other] === root ? null : structuredClone(donor[other]);
      break;
    case 2:
      target[typeof value === 'string' ? value.slice(0, 60) : 'extra'] = random.pick(JUNK)();
      break;
    case 3:
      if (typeof value === 'string') {
        const at = random.below(value.length + 1);
        target[key] =
          value.slice(0, at) + String.fromCharCode(random.below(300)) + value.slice(at + random.below(3));
      } else target[key] = [value];
      break;
    default:
      target[key] = random.pick(JUNK)();
  }
}

/** Changes some bytes of a body, cuts it, or repeats a part. */
function mutateBytes(body: Buffer, random: Random): Buffer {
  const at = random.below(body.length);
  const to = Math.min(body.length, at + 1 + random.below(40));
  switch (random.below(5)) {
    case 0:
      return body.subarray(0, at);
    case 1:
      return Buffer.concat([body.subarray(0, at), body.subarray(to)]);
    case 2:
      return Buffer.concat([body.subarray(0, to), body.subarray(at)]);
    case 3:
      return Buffer.concat([body, Buffer.from(random.pick(['}', '\u0000', 'null', '\ufeff', '{"a":1}']))]);
    default: {
      const copy = Buffer.from(body);
      for (let count = 1 + random.below(4); count > 0; count--)
        copy[random.below(copy.length)] = random.below(256);
      return copy;
    }
  }
}

/** A mutant of a review: mostly still JSON, sometimes not. */
export function mutate(review: object, random: Random): Buffer {
  const copy = structuredClone(review) as Container;
  const times = random.chance(0.05) ? 0 : 1 + random.below(4);
  const { object, oldObject } = (copy as { request: { object?: Container; oldObject?: Container } }).request;
  for (let count = 0; count < times; count++)
    mutateJson(random.chance(0.1) ? copy : ((random.chance(0.3) ? oldObject : object) ?? copy), random);
  const body = Buffer.from(JSON.stringify(copy));
  return body.length > 0 && random.chance(0.15) ? mutateBytes(body, random) : body;
}
