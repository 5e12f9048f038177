import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiServer } from '../machine/node.ts';

/** What became of all calls. */
export interface LoadResult {
  readonly calls: number;
  /** How often each unexpected answer came. */
  readonly failures: Readonly<Record<string, number>>;
}

const EVERY_MS = 25;
const PATH = '/apis/toolhive.stacklok.dev/v1beta1/namespaces/default/mcpserverentries?dryRun=All';

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

/** Creates an entry with dry-run; resolves to what is wrong with the answer. */
function create(api: ApiServer, agent: Agent, body: string, expected: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' };
    const call = request(new URL(PATH, api.url), { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve(
          response.statusCode === expected ? undefined : `${response.statusCode} ${text.slice(0, 400)}`,
        ),
      );
    });
    call.on('error', (error) => resolve(error.message));
    call.end(body);
  });
}

/** Sends dry-run creations at a steady rate while `action` runs. Every fifth one must be denied, all others admitted. */
export async function underLoad(api: ApiServer, action: () => Promise<unknown>): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ca: api.ca });
  const failures: Record<string, number> = {};
  const open: Promise<void>[] = [];
  const call = async (index: number) => {
    const bad = index % 5 === 4;
    const problem = await create(api, agent, entry(index, bad), bad ? 422 : 201);
    if (problem !== undefined) failures[problem] = (failures[problem] ?? 0) + 1;
  };
  let over = false;
  const acting = action().finally(() => {
    over = true;
  });
  while (!over) {
    open.push(call(open.length));
    await delay(EVERY_MS);
  }
  await acting;
  await Promise.all(open);
  agent.destroy();
  return { calls: open.length, failures };
}
