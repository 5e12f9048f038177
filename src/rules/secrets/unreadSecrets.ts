import { child, type FieldPath } from '../findings/fieldPath.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { type Target, warn } from '../rule.ts';
import type { HeldRef, SecretLookups } from './secrets.ts';

const HOLDERS: readonly Target[] = ['MCPServerEntry', 'MCPRemoteProxy', 'MCPExternalAuthConfig'];

export const unreadSecretRules = {
  'secret-unread': warn(
    'The Secrets of an object must be readable (only checked when reading Secrets is granted).',
    ...HOLDERS,
  ),
};

/** How many Secrets one review looks up. An object that names more is not worth a burst of requests. */
export const MAX_SECRET_LOOKUPS = 50;

/** A Secret that was not looked up; `reason` is why a lookup failed, undefined for one beyond the limit. */
interface Unread {
  readonly name: string;
  readonly field: FieldPath;
  readonly reason: string | undefined;
}

/** The Secret of the first reference to it, when it was not looked up. */
function unreadOf(name: string, field: FieldPath, secrets: NonNullable<SecretLookups>): Unread | undefined {
  const lookup = secrets.get(name);
  if (lookup === undefined) return { name, field, reason: undefined };
  return lookup.state === 'unavailable' ? { name, field, reason: lookup.reason } : undefined;
}

/** `2 could not be read (Secret "a": forbidden) and 10 beyond the 50 that a review looks up`. */
function whyUnread(unread: readonly Unread[]): string {
  const failed = unread.filter(({ reason }) => reason !== undefined);
  const [first] = failed;
  const parts: string[] = [];
  if (first) parts.push(`${failed.length} could not be read (Secret "${first.name}": ${first.reason})`);
  if (failed.length < unread.length)
    parts.push(`${unread.length - failed.length} beyond the ${MAX_SECRET_LOOKUPS} that a review looks up`);
  return parts.join(' and ');
}

/** One finding about all the Secrets of an object that were not looked up, with their number; none when all were. */
export function checkUnread(held: readonly HeldRef[], secrets: NonNullable<SecretLookups>): Finding[] {
  const fields = new Map<string, FieldPath>();
  for (const { ref, field } of held) if (!fields.has(ref.name)) fields.set(ref.name, field);
  const unread = [...fields]
    .map(([name, field]) => unreadOf(name, field, secrets))
    .filter((found) => found !== undefined);
  const [first] = unread;
  if (first === undefined) return [];
  return [
    invalid({
      rule: 'secret-unread',
      field: child(first.field, 'name'),
      violations: unread.map(({ name }) => ({ parts: [name] })),
      detail: `${unread.length} of ${fields.size} referenced Secrets not checked: ${whyUnread(unread)}`,
    }),
  ];
}
