import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordedLog } from './support.ts';

/** The error field of a line about what a function throws. */
function logged(fail: () => unknown): Record<string, unknown> {
  const { log, lines } = recordedLog();
  try {
    fail();
  } catch (err) {
    log.error({ err }, 'failed');
  }
  return lines[0]?.err as Record<string, unknown>;
}

describe('an error in a log line', () => {
  it.each([
    ['JSON.parse', () => JSON.parse('{"token": secret-value}')],
    ['the URL parser', () => new URL('secret-value')],
    ['a call of something that is none', () => (({}) as { run(value: string): void }).run('secret-value')],
    [
      'code that quotes over several lines',
      () => {
        throw new Error('no:\n    at secret-value\n    at f (secret-value:1:1)');
      },
    ],
  ])('of %s says its type and where, and nothing that its message quotes', (_what, fail) => {
    const error = logged(fail);
    expect(error.type).toMatch(/^(SyntaxError|TypeError|Error)$/);
    expect(error).not.toHaveProperty('message');
    expect(error.stack).toEqual(
      expect.arrayContaining([expect.stringMatching(/^at .*log\.test\.ts:\d+:\d+\)?$/)]),
    );
    expect(JSON.stringify(error)).not.toContain('secret-value');
  });

  it('of the operating system says its message, too', () => {
    expect(logged(() => readFileSync('/nowhere/tls.crt'))).toMatchObject({
      code: 'ENOENT',
      message: "ENOENT: no such file or directory, open '/nowhere/tls.crt'",
    });
  });

  it('that is no error says only what it is', () => {
    expect(
      logged(() => {
        throw 'secret-value';
      }),
    ).toEqual({ type: 'string' });
  });
});
