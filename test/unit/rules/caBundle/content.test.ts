import { describe, expect, it } from 'vitest';
import { checkContent } from '../../../../src/rules/caBundle/content.ts';

const NOW = new Date('2027-01-01T00:00:00Z');
const SECOND = 1_000;
const DAY = 86_400_000;

const at = (ms: number) => new Date(NOW.getTime() + ms);

/** What is said of a CA certificate that is valid from one time to another, both from now. */
function said(from: number, to: number): string[] {
  const certificates = [{ subject: 'CN=Corp', ca: true, notBefore: at(from), notAfter: at(to) }];
  return checkContent({ certificates, unreadable: 0, hasPrivateKey: false }, NOW, 'x').map(
    ({ rule }) => rule,
  );
}

it('a certificate that expires soon is told with the day of its end', () => {
  const certificates = [{ subject: 'CN=Corp', ca: true, notBefore: at(-DAY), notAfter: at(9 * DAY) }];
  const [finding] = checkContent({ certificates, unreadable: 0, hasPrivateKey: false }, NOW, 'x');
  expect(finding?.detail).toContain('expires on 2027-01-10;');
});

it('several certificates are told by the first, whose name is cut, and by their number', () => {
  const dates = { ca: true, notBefore: at(-DAY), notAfter: at(-SECOND) };
  const certificates = [
    { subject: `CN=${'a'.repeat(200)}`, ...dates },
    { subject: 'CN=B', ...dates },
  ];
  const [finding] = checkContent({ certificates, unreadable: 0, hasPrivateKey: false }, NOW, 'x');
  expect(finding?.detail).toContain(`certificate "CN=${'a'.repeat(97)}" and 1 more in x expired`);
});

describe('the dates of a certificate, to the second', () => {
  it.each([
    ['ended a second ago', -DAY, -SECOND, ['ca-bundle-expired']],
    ['ends now', -DAY, 0, ['ca-bundle-expires-soon']],
    ['ends in 30 days', -DAY, 30 * DAY, ['ca-bundle-expires-soon']],
    ['ends a second later', -DAY, 30 * DAY + SECOND, []],
    ['begins now', 0, 90 * DAY, []],
    ['begins in a second', SECOND, 90 * DAY, ['ca-bundle-expired']],
  ])('%s', (_what, from, to, rules) => {
    expect(said(from, to)).toEqual(rules);
  });
});
