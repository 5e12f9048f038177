import { describe, expect, it } from 'vitest';
import { readCaBundle } from '../../../src/x509/caBundle.ts';
import recorded from '../rules/cases/pem.json' with { type: 'json' };

// `loaded` is what `AppendCertsFromPEM` of Go 1.26 took from each text, recorded from a program of a few lines that
// prints the common names. `{A}` in a text is the base64 of certificate A in lines of 64, `{A crlf}` the same with CRLF.

const certificates: Readonly<Record<string, string>> = recorded.certificates;

function lines(base64: string, end: string): string {
  return (base64.match(/.{1,64}/g) ?? []).join(end);
}

const SPELLINGS: Readonly<Record<string, (base64: string) => string>> = {
  '': (base64) => lines(base64, '\n'),
  crlf: (base64) => lines(base64, '\r\n'),
  one: (base64) => base64,
  blanks: (base64) => lines(base64, ' \t\n'),
  nopad: (base64) => base64.replaceAll('=', ''),
  byte: (base64) => Buffer.concat([Buffer.from(base64, 'base64'), Buffer.from('x')]).toString('base64'),
};

function filled(text: string): string {
  return text.replace(/\{([A-Z0-9]+)(?: ([a-z]+))?\}/g, (_, name: string, how = '') =>
    String(SPELLINGS[how]?.(certificates[name] ?? '')),
  );
}

function found(text: string): string[] {
  return readCaBundle(text).certificates.map(({ subject }) => subject.replace('CN=', ''));
}

describe('a CA bundle gives the certificates that Go finds', () => {
  it.each(recorded.named)('$case', ({ text, loaded }) => {
    expect(found(filled(text))).toEqual(loaded);
  });

  it('in texts made at random', () => {
    const read = recorded.random.map(({ text }) => ({ text, loaded: found(filled(text)) }));
    expect(read).toEqual(recorded.random);
  });
});

it('a point beside its curve is refused, as by Go', () => {
  const der = Buffer.from(certificates.A ?? '', 'base64');
  // The point stands behind 03 42 00 04: a bit string of 66 bytes, none of its bits unused, uncompressed.
  const point = der.indexOf(Buffer.from('03420004', 'hex')) + 4;
  der[point + 63] = (der[point + 63] ?? 0) ^ 1;
  expect(
    readCaBundle(`-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`),
  ).toMatchObject({
    certificates: [],
    unreadable: 1,
  });
});

describe('a certificate that begins in a text and is not found', () => {
  const begun = (text: string) => text.match(/BEGIN (?:X509 |TRUSTED )?CERTIFICATE-/g)?.length ?? 0;

  it.each([...recorded.named, ...recorded.random.map(({ text, loaded }) => ({ case: text, text, loaded }))])(
    'is counted: $case',
    ({ text, loaded }) => {
      expect(readCaBundle(filled(text)).unreadable).toBe(begun(text) - loaded.length);
    },
  );
});

describe('a bundle of a megabyte is read in linear time', () => {
  it.each([
    ['BEGIN', '-----BEGIN CERTIFICATE-----\n'],
    ['END', '-----END CERTIFICATE-----\n'],
    ['END before BEGIN', '-----END X-----\n-----BEGIN X-----\n'],
    ['empty blocks', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
    ['headers', '-----BEGIN A:-----\na:\n-----END A:-----\n'],
    ['blanks', ' '],
    ['line breaks', '\n'],
    ['BEGIN without a line', '-----BEGIN '],
    ['END without a line', '\n-----END '],
    ['labels', 'BEGIN X509 '],
  ])('of %s', (_, unit) => {
    const text = unit.repeat(Math.ceil(2 ** 20 / unit.length));
    const started = performance.now();
    readCaBundle(text);
    readCaBundle(`-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
