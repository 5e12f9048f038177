import { fieldsAt, itemsAt, textAt, valueAt } from '../../kubernetes/record.ts';
import { parseGoDuration } from '../../text/goDuration.ts';
import { withoutPositions } from '../findings/fieldPath.ts';
import { invalid } from '../findings/finding.ts';
import type { Finding } from '../findings/verdict.ts';
import { deny, type LoneObject, warn } from '../rule.ts';

export const sessionRules = {
  'vmcp-config-rate-limit': deny(
    'A rate limit must refill in a positive time.',
    'VirtualMCPServer',
    'MCPServer',
  ),
  'vmcp-sessions-not-shared': warn(
    'Several replicas must share their sessions through Redis.',
    'VirtualMCPServer',
  ),
  'session-storage-address': warn(
    'The address of Redis must be host:port, and be used.',
    'VirtualMCPServer',
    'MCPServer',
    'MCPRemoteProxy',
  ),
};

function bucketFindings(bucket: unknown, path: string): Finding[] {
  const text = textAt(bucket, 'refillPeriod');
  if (text === undefined) return [];
  const parsed = parseGoDuration(text);
  if (!parsed.ok || parsed.nanoseconds > 0n) return [];
  return [
    invalid({
      rule: 'vmcp-config-rate-limit',
      field: withoutPositions(path),
      value: text,
      detail: 'must be more than 0; the process does not start otherwise',
    }),
  ];
}

/** Of `rateLimiting` at a path. */
function rateLimitFindings(limiting: unknown, path: string): Finding[] {
  const ofScope = (scope: unknown, at: string) =>
    ['shared', 'perUser'].flatMap((name) =>
      bucketFindings(valueAt(scope, name), `${at}.${name}.refillPeriod`),
    );
  return [
    ...ofScope(limiting, path),
    ...itemsAt(limiting, 'tools').flatMap(([index, tool]) => ofScope(tool, `${path}.tools[${index}]`)),
  ];
}

/** Rate limits of a VirtualMCPServer. */
export function checkVmcpRateLimits({ spec }: LoneObject): Finding[] {
  return rateLimitFindings(valueAt(spec, 'config', 'rateLimiting'), 'spec.config.rateLimiting');
}

/** Rate limits of an MCPServer. */
export function checkServerRateLimits({ spec }: LoneObject): Finding[] {
  return rateLimitFindings(spec.rateLimiting, 'spec.rateLimiting');
}

function addressFault(address: string, provider: unknown): string | undefined {
  if (provider !== 'redis') return 'is ignored, since the provider is memory; set provider: redis';
  if (address.includes('://')) return 'must be host:port, without a scheme; write for example redis:6379';
  if (/:\d+$/.test(address)) return undefined;
  return 'does not end in a port, so no connection can be made; write for example redis:6379';
}

/** The address of a Redis: one that no client can dial, or one that is not asked. */
export function checkSessionStorage({ spec }: LoneObject): Finding[] {
  const address = textAt(spec, 'sessionStorage', 'address');
  if (address === undefined) return [];
  const detail = addressFault(address, valueAt(spec, 'sessionStorage', 'provider'));
  if (detail === undefined) return [];
  const field = 'spec.sessionStorage.address';
  return [invalid({ rule: 'session-storage-address', field, value: address, detail })];
}

/** Replicas that keep sessions in their own memory answer "session not found" to what another one began. */
export function checkSharedSessions({ spec }: LoneObject): Finding[] {
  const { replicas } = spec;
  const redis = fieldsAt(spec, 'sessionStorage')?.provider === 'redis';
  if (redis || typeof replicas !== 'number' || replicas < 2) return [];
  const detail =
    valueAt(spec, 'sessionAffinity') === 'None'
      ? 'replicas keep sessions in their own memory, and sessionAffinity None spreads the calls of one session over them: calls fail at random; set spec.sessionStorage with provider redis'
      : 'replicas keep sessions in their own memory, so a session ends when its replica does or when its client comes from another address; set spec.sessionStorage with provider redis';
  return [
    invalid({ rule: 'vmcp-sessions-not-shared', field: 'spec.replicas', value: String(replicas), detail }),
  ];
}
