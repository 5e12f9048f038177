import type { McpRemoteProxy } from '../toolhive/remoteProxy.ts';
import type { Facts } from './facts.ts';
import { checkHeaders } from './headers.ts';
import { toVerdict } from './levels.ts';
import type { Policy } from './policy.ts';
import { checkAuthConfig, checkGroup } from './references.ts';
import { checkRemoteUrl } from './remoteUrl.ts';
import { checkSpelling } from './spelling.ts';
import { checkTransport } from './transport.ts';
import type { Verdict } from './verdict.ts';

/** Applies every rule about an MCPRemoteProxy: its URL and headers by the rules of entries. Pure; never throws. */
export function judgeRemoteProxy(proxy: McpRemoteProxy, { view, secrets }: Facts, policy: Policy): Verdict {
  const owner = {
    name: proxy.metadata.name,
    headers: proxy.headers,
    hasAuth: proxy.authConfig !== undefined,
    remoteUrl: proxy.remoteUrl,
    inEnvironment: false,
  };
  return toVerdict(
    [
      ...checkRemoteUrl(proxy, policy.url),
      ...checkHeaders(owner, secrets),
      // A proxy may use its auth config by itself, also of types that a vMCP cannot use: only group members matter.
      ...(proxy.group === undefined ? [] : checkAuthConfig(proxy.authConfig, proxy.group, view)),
      ...checkGroup(proxy.group, proxy.fields.group, view),
      ...(proxy.transport === undefined ? [] : checkTransport(proxy.transport)),
      ...checkSpelling(proxy.fields),
    ],
    policy,
  );
}
