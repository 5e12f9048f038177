import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../../src/toolhive/cedar/parse.ts';

// The contract tests compare thousands of policies with cedar-go itself.
const when = (condition: string) => `permit(principal, action, resource) when { ${condition} };`;

describe('a Cedar policy that can be read', () => {
  it.each([
    'permit(principal, action, resource);',
    '@id("a") @in forbid(principal is Client in Team::"a", action in [Action::"x", A::B::"y",], resource == Tool::"t",);',
    'permit(principal, action, resource) when { true } unless { context.a has b.c } /* note */ ; // note',
    when('if principal.claim_roles.contains("admin") then !context.x else -9223372036854775808 < 1 + 2 * 3'),
    when('context["a"] like "*\\*x" && ip("10.0.0.1").isInRange(ip("10.0.0.0/8"))'),
    when('{a: [1, 2,], "b": principal is Client in Team::"a"}.a.isEmpty()'),
    when(`${'('.repeat(150)}true`),
  ])('%s', (text) => {
    expect(readPolicy(text)).toMatchObject({ ok: true });
  });
});

describe('a Cedar policy that cannot be read', () => {
  it.each([
    ['', 0, 'expected permit or forbid, found the end'],
    ['permit(principal, resource, action);', 18, 'expected "action", found "resource"'],
    ['permit(principal == "alice", action, resource);', 20, 'expected an entity such as Client::"alice"'],
    ['permit(principal, action, resource) when { principal.x = 1 };', 55, 'expected "}", found "="'],
    ['@a("x") @a("y") permit(principal, action, resource);', 9, 'expected an annotation only once'],
    [when('principle.x == 1'), 43, 'expected a value or one of principal, action, resource, context'],
    [when('principal.startsWith("a")'), 53, 'expected a method of Cedar, found "startsWith"'],
    [when('foo("a")'), 43, 'expected one of the functions ip, decimal, datetime, duration'],
    [when('[1].contains(1, 2)'), 47, 'expected 1 arguments of this method'],
    [when('9223372036854775808 == 1'), 43, 'expected a number of 64 bits'],
    [when('{a: 1, "a": 2}'), 50, 'expected a key only once'],
    [when('"\\x80" == "a"'), 43, 'expected a text without \\x80'],
    [when('"a\n" == "a"'), 43, 'the text is not closed on its line'],
    ['permit(principal, action, resource); /* open', 37, 'the comment is not closed'],
  ])('%j', (text, at, error) => {
    expect(readPolicy(text)).toMatchObject({ ok: false, at, error: expect.stringContaining(error) });
  });

  it('says where something follows a policy that can be read', () => {
    expect(readPolicy('permit(principal, action, resource);\nforbid')).toEqual({ ok: true, rest: 37 });
  });
});
