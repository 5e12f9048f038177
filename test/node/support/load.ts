import { Agent, request } from 'node:https';
import { type LoadResult, runLoad } from '../../support/load.ts';
import type { ApiServer } from '../machine/node.ts';
import { MAIN } from './webhook.ts';

const CALLS_A_SECOND = 40;
const pathOf = (namespace: string) =>
  `/apis/toolhive.stacklok.dev/v1beta1/namespaces/${namespace}/mcpserverentries?dryRun=All`;

function entry(index: number, bad: boolean): string {
  return JSON.stringify({
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: { name: `load-${index}` },
    spec: {
      remoteUrl: bad ? 'http://localhost/mcp' : 'https://mcp.example.com/mcp',
      transport: 'streamable-http',
      groupRef: { name: 'any' },
    },
  });
}

interface Creation {
  readonly path: string;
  readonly body: string;
  readonly expected: number;
}

/** Creates an entry with dry-run. @throws when the status is another one, with what the API server says. */
function create(api: ApiServer, agent: Agent, { path, body, expected }: Creation): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' };
    const call = request(new URL(path, api.url), { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        if (response.statusCode === expected) resolve();
        else reject(new Error(`${response.statusCode} ${text.slice(0, 400)}`));
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

/**
 * Sends dry-run creations at a steady rate while `action` runs. Every fifth one must be denied, all others admitted; with
 * `good` none is to be denied, since the webhook is on its way out.
 */
export async function underLoad(
  api: ApiServer,
  action: () => Promise<unknown>,
  entries: 'mixed' | 'good' = 'mixed',
  { reviewed } = MAIN,
): Promise<LoadResult> {
  const path = pathOf(reviewed);
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ca: api.ca });
  let over = false;
  const acting = action().finally(() => {
    over = true;
  });
  const load = runLoad({ rate: CALLS_A_SECOND, goOn: () => !over }, (index) => {
    const bad = entries === 'mixed' && index % 5 === 4;
    return create(api, agent, { path, body: entry(index, bad), expected: bad ? 422 : 201 });
  });
  const [result] = await Promise.all([load, acting]);
  agent.destroy();
  return result;
}
