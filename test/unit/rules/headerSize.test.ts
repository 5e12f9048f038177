import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHeaderSize } from '../../../src/rules/headers/size.ts';
import { headerManifest } from '../../../src/toolhive/headerManifest.ts';
import { toHeaderForward } from '../../../src/toolhive/models/headerForward.ts';
import { entry, review } from './support.ts';

/** What `exec` of Linux takes for one environment string, with the NUL at its end. */
const LIMIT = 131_072;
const NAME = 'TOOLHIVE_HEADER_FORWARD_BILLING';

/** As `json.Marshal` of Go 1.26 prints a string, without its quotes. */
const GO: readonly (readonly [what: string, text: string, written: string])[] = [
  ['a letter', 'a', 'a'],
  ['a quote and a backslash', '"\\', '\\"\\\\'],
  ['what HTML minds', '<>&', '\\u003c\\u003e\\u0026'],
  ['the line separator', '\u2028', '\\u2028'],
  ['the paragraph separator', '\u2029', '\\u2029'],
  ['a tab and a line break', '\t\n\r', '\\t\\n\\r'],
  ['backspace and form feed', '\b\f', '\\b\\f'],
  ['other control characters', '\u0001\u001f', '\\u0001\\u001f'],
  ['DEL', '\u007f', '\u007f'],
  ['two bytes', 'é', 'é'],
  ['three bytes', '漢', '漢'],
  ['four bytes', '😀', '😀'],
  ['half of a pair', '\ud83d', '\ufffd'],
  ['the other half', 'x\ude00', 'x\ufffd'],
];

function forward(plaintext: Readonly<Record<string, string>>, secrets: readonly string[] = []) {
  return {
    addPlaintextHeaders: plaintext,
    addHeadersFromSecret: secrets.map((headerName) => ({
      headerName,
      valueSecretRef: { name: 'keys', key: 'key' },
    })),
  };
}

/** The bytes of the variable when the manifest is this text. */
function sizeWith(manifest: string): number {
  return Buffer.byteLength(NAME) + 1 + Buffer.byteLength(manifest) + 1;
}

async function denials(headerForward: unknown): Promise<readonly string[]> {
  const outcome = await review({ object: entry({ headerForward }) });
  return outcome.kind === 'denied' ? outcome.causes.map(({ field, message }) => `${field}: ${message}`) : [];
}

it.each([1_000, 1_001])('%i headers are judged one by one, unless they are more than 1000', async (count) => {
  const wrong = Object.fromEntries(Array.from({ length: count }, (_, index) => [`a ${index}`, 'x']));
  const found = await denials(forward(wrong));
  if (count > 1_000)
    expect(found).toEqual([expect.stringMatching(/^spec\.headerForward: .* 1001 headers are more/)]);
  else expect(found).toHaveLength(1_000);
});

describe('the JSON of the headers', () => {
  it.each(GO)('has %s as Go writes it', (_what, text, written) => {
    expect(headerManifest([['A', text]], [])).toBe(`{"addPlaintextHeaders":{"A":"${written}"}}`);
    expect(headerManifest([], [[text, 'A']])).toBe(`{"addHeadersFromSecret":{"${written}":"A"}}`);
  });

  it('leaves out what is empty', () => {
    expect(headerManifest([], [])).toBe('{}');
    expect(headerManifest([['A', '']], [['B', 'C']])).toBe(
      '{"addPlaintextHeaders":{"A":""},"addHeadersFromSecret":{"B":"C"}}',
    );
  });
});

describe('the size of the variable that carries the headers', () => {
  const printable = GO.filter(([, text]) => !/[\p{Cc}\p{Cs}]/u.test(text));

  it.each(printable)('is exact to the byte with %s in a value', async (_what, text, written) => {
    const filler = LIMIT - sizeWith(`{"addPlaintextHeaders":{"X-A":"x${written}"}}`);
    const value = (more: number) => ({ 'X-A': `x${text}${'x'.repeat(filler + more)}` });
    expect(await denials(forward(value(0)))).toEqual([]);
    expect(await denials(forward(value(1)))).toEqual([
      `spec.headerForward.addPlaintextHeaders: Too long: the environment variable that carries the headers has ${LIMIT + 1} bytes, at most ${LIMIT} are possible: with a longer one the vMCP cannot be started at all; shorten the headers [header-too-large]`,
    ]);
  });

  it('counts the whole variable: from 40 bytes beyond the limit down to it all are denied', async () => {
    const empty = sizeWith('{"addPlaintextHeaders":{"X-A":""}}');
    for (const size of [LIMIT - 1, LIMIT, LIMIT + 1, LIMIT + 24, LIMIT + 40])
      expect(await denials(forward({ 'X-A': 'x'.repeat(size - empty) })), `${size} bytes`).toHaveLength(
        size > LIMIT ? 1 : 0,
      );
  });

  it('counts secret headers with their identifiers', async () => {
    const filler =
      LIMIT -
      sizeWith(
        '{"addPlaintextHeaders":{"X-A":""},"addHeadersFromSecret":{"X-Api-Key":"HEADER_FORWARD_X_API_KEY_BILLING"}}',
      );
    const fits = forward({ 'X-A': 'x'.repeat(filler) }, ['X-Api-Key']);
    const tooLarge = forward({ 'X-A': 'x'.repeat(filler + 1) }, ['X-Api-Key']);
    expect(await denials(fits)).toEqual([]);
    expect((await denials(tooLarge)).join()).toMatch(/^spec\.headerForward: Too long: .* has 131073 bytes/);
  });

  it('does not count what ToolHive ignores: a secret header without a reference', () => {
    const names = Array.from({ length: 900 }, (_, index) => `X-${'a'.repeat(240)}-${index}`);
    const counted = toHeaderForward(forward({}, names) as never);
    const ignored = toHeaderForward({
      addHeadersFromSecret: names.map((headerName) => ({ headerName, valueSecretRef: null })),
    } as never);
    expect(counted && checkHeaderSize(counted, 'billing')).toHaveLength(1);
    expect(ignored && checkHeaderSize(ignored, 'billing')).toEqual([]);
  });

  it('is never taken for small without being counted', () => {
    const text = fc
      .array(fc.constantFrom('a', '<', '\u2028', '漢', '😀', '\ud800', '"', '\u0001', 'ΐ'), {
        minLength: 0,
        maxLength: 4,
      })
      .map((parts) => parts.join(''));
    const times = fc.integer({ min: 1, max: 9_000 });
    const headers = fc.array(fc.tuple(text, text, times), { maxLength: 4 });
    fc.assert(
      fc.property(
        headers,
        fc.array(fc.tuple(text, fc.integer({ min: 1, max: 3_000 })), { maxLength: 4 }),
        (plain, secret) => {
          const plaintext = Object.fromEntries(
            plain.map(([name, value, count]) => [name, value.repeat(count)]),
          );
          const secrets = [...new Set(secret.map(([name, count]) => name.repeat(count)))];
          const model = toHeaderForward(forward(plaintext, secrets) as never);
          const upper = (name: string) => name.replace(/[^a-z0-9_]/gu, '_').toUpperCase();
          const manifest = headerManifest(
            Object.entries(plaintext),
            secrets.map((name) => [name, `HEADER_FORWARD_${upper(name)}_BILLING`]),
          );
          const found = model ? checkHeaderSize(model, 'billing').length : 0;
          expect(found).toBe(sizeWith(manifest) > LIMIT ? 1 : 0);
        },
      ),
    );
  });
});

/** `count` headers, of which every second one takes its value from a Secret. */
function manyHeaders(count: number) {
  const names = Array.from({ length: count }, (_, index) => `X-${index}`);
  const plaintext = names.filter((_, index) => index % 2 === 0).map((name) => [name, 'a']);
  return forward(
    Object.fromEntries(plaintext),
    names.filter((_, index) => index % 2 === 1),
  );
}

describe('the number of headers', () => {
  it('may be 1000', async () => {
    expect(await denials(manyHeaders(1_000))).toEqual([]);
  });

  it('may not be 1001, and says that nothing else was judged', async () => {
    expect(await denials(manyHeaders(1_001))).toEqual([
      'spec.headerForward: Too long: 1001 headers are more than any server takes; at most 1000 are allowed, and none of these was judged [header-too-large]',
    ]);
  });

  it('may stay where it was stored, and shrink, but not grow', async () => {
    const update = async (from: number, to: number) => {
      const oldObject = entry({ headerForward: manyHeaders(from) });
      return (await review({ oldObject, object: entry({ headerForward: manyHeaders(to) }) })).kind;
    };
    expect(await update(1_500, 1_500)).toBe('allowed');
    expect(await update(1_500, 1_200)).toBe('allowed');
    expect(await update(1_500, 1_501)).toBe('denied');
  });
});
