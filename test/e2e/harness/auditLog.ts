import { readFile } from 'node:fs/promises';

/** A request of an account of the webhook, as the API server logged it. */
export interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource: string };
  readonly responseStatus?: { readonly code?: number };
}

const ACCOUNTS = 'system:serviceaccount:vmcp-admission:';
/** Accounts from which a test took a right have names that begin so. */
export const TRIMMED = 'trimmed-';

/** Every request so far of an account in namespace `vmcp-admission`; without a name, of all accounts in it. */
export async function requestsOf(auditLog: string, account?: string): Promise<readonly AuditEvent[]> {
  const lines = (await readFile(auditLog, 'utf8')).split('\n');
  return lines
    .filter((line) => line.includes(`${ACCOUNTS}${account ?? ''}`))
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ user }) =>
      account === undefined ? user.username.startsWith(ACCOUNTS) : user.username === `${ACCOUNTS}${account}`,
    );
}

/** `verb resource` of each request. */
export function rightsUsed(requests: readonly AuditEvent[]): ReadonlySet<string> {
  return new Set(requests.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`));
}

/** The requests that the API server refused for want of a right, as `account: verb path`; those of trimmed accounts apart. */
export function refused(requests: readonly AuditEvent[]): readonly string[] {
  return requests.flatMap(({ user, verb, requestURI, responseStatus }) =>
    responseStatus?.code === 403 && !user.username.startsWith(`${ACCOUNTS}${TRIMMED}`)
      ? `${user.username}: ${verb} ${requestURI}`
      : [],
  );
}
