import * as z from 'zod';
import { RULE_IDS, RULES, type RuleId } from '../index.ts';
import type { Level } from '../rule.ts';
import { type Cidr, parseCidr } from '../url/addresses.ts';
import { defaultLevels, type Policy } from './policy.ts';

/** The policy that a document asks for, or everything that is wrong with it, one line each. */
export type ParsedPolicy =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly string[] };

const HOST_PATTERN =
  /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

const hosts = z
  .array(
    z
      .string()
      .regex(HOST_PATTERN, { error: 'must be a host name in lower case, "example.com" or "*.example.com"' }),
  )
  .default([]);
const cidrs = z
  .array(
    z.string().transform((text, context): Cidr => {
      const cidr = parseCidr(text);
      if (cidr) return cidr;
      context.addIssue({
        code: 'custom',
        message: `"${text}" is not a valid CIDR such as 100.64.0.0/10 or 2001:db8::/32`,
      });
      return z.NEVER;
    }),
  )
  .default([]);

/** Rules without a level to choose: an object that cannot be read is judged by no other rule. */
export const FIXED: readonly RuleId[] = ['malformed-field'];

const levels = z
  .partialRecord(
    z.enum(RULE_IDS as readonly [RuleId, ...RuleId[]], {
      error: (issue) =>
        `unknown rule ${JSON.stringify(issue.input)}; "vmcp-admission explain" lists all rules`,
    }),
    z.enum(['deny', 'warn', 'off'] satisfies [Level, ...Level[]], { error: 'must be deny, warn or off' }),
  )
  .superRefine((given, context) => {
    for (const rule of FIXED)
      if (given[rule] !== undefined && given[rule] !== RULES[rule].level)
        context.addIssue({
          code: 'custom',
          path: [rule],
          message: `is always ${RULES[rule].level}: nothing else can be checked of such an object`,
        });
  });

/** The form of a policy document. */
export const policySchema = z.strictObject({
  rules: levels.default({}),
  urls: z
    .strictObject({ blockedHosts: hosts, allowedHosts: hosts, blockedCidrs: cidrs, allowedCidrs: cidrs })
    .prefault({}),
  exemptNamespaces: z.array(z.string().min(1)).default([]),
});

/**
 * Reads a policy document: `rules` (level by rule id), `urls` (`blockedHosts`, `allowedHosts`, `blockedCidrs`,
 * `allowedCidrs`), `exemptNamespaces`. Everything is optional; a key that is not known is an error, so that a typing
 * mistake cannot switch a protection off silently. An allowance never opens loopback, link-local or metadata addresses.
 */
export function parsePolicy(raw: unknown): ParsedPolicy {
  const parsed = policySchema.safeParse(raw ?? {});
  if (!parsed.success)
    return {
      ok: false,
      problems: parsed.error.issues.map(
        (issue) => `${issue.path.map(String).join('.') || 'policy'}: ${issue.message}`,
      ),
    };
  const { rules, urls, exemptNamespaces } = parsed.data;
  return {
    ok: true,
    policy: {
      levels: { ...defaultLevels(), ...rules },
      url: {
        blockedHosts: urls.blockedHosts,
        allowedHosts: urls.allowedHosts,
        blockedRanges: urls.blockedCidrs,
        allowedRanges: urls.allowedCidrs,
      },
      exemptNamespaces: new Set(exemptNamespaces),
    },
  };
}

/** A policy as plain data, for the log at start and `check --show-policy`: the form that {@link parsePolicy} reads. */
export function policyDocument(policy: Policy): Record<string, unknown> {
  const text = (ranges: readonly Cidr[]) => ranges.map(([base, bits]) => `${base.toString()}/${bits}`);
  return {
    rules: policy.levels,
    urls: {
      blockedHosts: policy.url.blockedHosts,
      allowedHosts: policy.url.allowedHosts,
      blockedCidrs: text(policy.url.blockedRanges),
      allowedCidrs: text(policy.url.allowedRanges),
    },
    exemptNamespaces: [...policy.exemptNamespaces],
  };
}
