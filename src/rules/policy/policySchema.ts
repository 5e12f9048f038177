import * as z from 'zod';
import { labelSelectorWire } from '../../kubernetes/labelSelector.ts';
import { STORED_KINDS, type StoredKind } from '../../toolhive/kinds.ts';
import { RULE_IDS, RULES, type RuleId } from '../index.ts';
import type { Level } from '../rule.ts';
import { parseCidr } from '../url/addresses.ts';
import { meant } from './documentProblems.ts';

const HOST_PATTERN =
  /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const NAME_GLOB = /^[a-z0-9*](?:[a-z0-9.*-]{0,251}[a-z0-9*])?$/;
const OBJECT = '[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?';
const NAMESPACED_NAME = new RegExp(`^${OBJECT}/${OBJECT}$`);
const objectName = z.string().regex(new RegExp(`^${OBJECT}$`), {
  error: 'must be the name of one object in lower case; an exception is for no others, so it takes no *',
});

const host = z
  .string()
  .regex(HOST_PATTERN, { error: 'must be a host name in lower case, e.g. "example.com" or "*.example.com"' });
const hosts = z.array(host);

const cidrs = z.array(
  z.string().refine((text) => parseCidr(text) !== undefined, {
    error: ({ input }) => `"${String(input)}" is not a valid CIDR such as 100.64.0.0/10 or 2001:db8::/32`,
  }),
);

/** What `remoteHosts.allow` may hold. */
const remoteHost = z
  .string()
  .refine((text) => text === '*' || HOST_PATTERN.test(text) || parseCidr(text) !== undefined, {
    error: 'must be a host name in lower case, "*.example.com", a CIDR, or "*" for any host',
  });

const nameGlob = z.string().regex(NAME_GLOB, {
  error: 'must be a name in lower case, in which * stands for any characters, e.g. "payments-*"',
});
const nameGlobs = z.array(nameGlob).min(1);
const callerGlobs = z.array(z.string().min(1).max(512)).min(1);

/** Rules without a level to choose: an object that cannot be read is judged by no other rule. */
export const FIXED: readonly RuleId[] = ['malformed-field'];

/** The id of a rule. */
export const ruleId = z.enum(RULE_IDS as readonly [RuleId, ...RuleId[]], {
  error: ({ input }) => `unknown rule ${JSON.stringify(input)}${meant(String(input), RULE_IDS)}`,
});

/** Levels by rule. */
export const levels = z
  .partialRecord(
    ruleId,
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

const reaction = z.enum(['allow', 'warn', 'deny'], { error: 'must be allow, warn or deny' });

/** The settings of the top level and of each scope. */
const settings = {
  rules: levels.optional(),
  urls: z
    .strictObject({
      blockedHosts: hosts.optional(),
      allowedHosts: hosts.optional(),
      blockedCidrs: cidrs.optional(),
      allowedCidrs: cidrs.optional(),
    })
    .optional(),
  enforcement: z.enum(['deny', 'warn'], { error: 'must be deny or warn' }).optional(),
  remoteHosts: z.strictObject({ allow: z.array(remoteHost), else: reaction.default('deny') }).optional(),
  privateEndpoints: reaction.optional(),
  caBundle: z.strictObject({ hosts: hosts.default([]), configMaps: nameGlobs.default(['*']) }).optional(),
  names: nameGlobs.optional(),
};

const CRITERIA = ['namespaces', 'namespaceSelector', 'users', 'groups'] as const;

const scope = z
  .strictObject({
    name: z.string().min(1).max(63).optional(),
    namespaces: nameGlobs.optional(),
    namespaceSelector: labelSelectorWire.optional(),
    users: callerGlobs.optional(),
    groups: callerGlobs.optional(),
    ...settings,
  })
  .refine((given) => CRITERIA.some((criterion) => given[criterion] !== undefined), {
    error: `must say what it is for: ${CRITERIA.join(', ')}`,
  });

const credential = z.strictObject({
  secret: z.string().regex(NAMESPACED_NAME, {
    error: 'must be the namespace and the name of a Secret, e.g. "payments/stripe-key"',
  }),
  hosts,
});

const exception = z.strictObject({
  rule: ruleId.refine((rule) => !FIXED.includes(rule), { error: 'has no exceptions' }),
  namespace: objectName,
  name: objectName,
  kind: z
    .enum(STORED_KINDS as readonly [StoredKind, ...StoredKind[]], {
      error: ({ input }) => `unknown kind ${JSON.stringify(input)}${meant(String(input), STORED_KINDS)}`,
    })
    .optional(),
  until: z.iso.date({ error: 'must be a date such as 2026-12-31' }),
  reason: z.string().trim().min(1, { error: 'must say why' }).max(500),
});

/** The form of a policy document. */
export const policySchema = z
  .strictObject({
    ...settings,
    exemptNamespaces: z.array(nameGlob).default([]),
    scopes: z.array(scope).default([]),
    credentials: z.array(credential).default([]),
    exceptions: z.array(exception).default([]),
  })
  .superRefine(({ credentials }, context) => {
    const seen = new Set<string>();
    for (const [index, { secret }] of credentials.entries()) {
      if (seen.has(secret))
        context.addIssue({
          code: 'custom',
          path: ['credentials', index, 'secret'],
          message: `"${secret}" is listed twice; put all its hosts into one item`,
        });
      seen.add(secret);
    }
  });

/** A policy document, as it is written. */
export type PolicyDocument = z.infer<typeof policySchema>;
/** The settings of the top level, or of a scope. */
export type PolicySettings = z.infer<z.ZodObject<typeof settings>>;
