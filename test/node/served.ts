import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../support/wait.ts';
import type { Node } from './machine/node.ts';
import { IMAGES } from './prepare/images.ts';
import { listTools } from './support/mcpClient.ts';
import { vmcpObjects } from './support/vmcpPod.ts';
import type { RunningPod } from './support/webhook.ts';

const NAMESPACE = 'serving';

/** ToolHive's own vMCP with the config that it was injected. */
export function served(get: () => Node): void {
  describe("ToolHive's vMCP", () => {
    it('serves the tools of an entry that its base config does not list', async () => {
      const { kubectl } = get();
      const here = ['-n', NAMESPACE];
      await kubectl.ok(['create', 'namespace', NAMESPACE]);
      const program = join(import.meta.dirname, 'support', 'mcpServer.cjs');
      await kubectl.ok(['create', 'configmap', 'program', `--from-file=${program}`, ...here]);
      await kubectl.ok(['apply', '-f', join(import.meta.dirname, 'serving.yaml'), ...here]);
      await kubectl.ok([
        ...['patch', 'mcpserverentry', 'tools', ...here, '--subresource=status', '--type=merge'],
        ...['-p', '{"status":{"phase":"Valid","observedGeneration":1}}'],
      ]);
      await kubectl.ok(['wait', 'pod/tools', ...here, '--for=condition=Ready', '--timeout=120s']);
      const [config, pod] = vmcpObjects(NAMESPACE, 'vmcp', { image: IMAGES.vmcp });
      await kubectl.ok(['create', '-f', '-'], [config]);
      // The webhook hears of the entry a moment after it is stored.
      await until('the webhook knows the entry', async () => {
        const printed = await kubectl.ok(['create', '--dry-run=server', '-o', 'json', '-f', '-'], [pod]);
        return printed.includes('10.0.0.77:8080') ? true : undefined;
      });
      await kubectl.ok(['create', '-f', '-'], [pod]);
      await kubectl.ok(['wait', 'pod/vmcp', ...here, '--for=condition=Ready', '--timeout=120s']);
      const { status } = await kubectl.get<RunningPod>('pod', 'vmcp', ...here);
      let problem = '';
      const tools = await until(
        'the vMCP lists a tool',
        async () => {
          const names = await listTools(`http://${status.podIP}:4483/mcp`).catch((error: Error) => {
            problem = error.message;
            return [];
          });
          return names.length > 0 ? names : undefined;
        },
        { withinMs: 60_000, everyMs: 500, describe: () => problem },
      );
      expect(tools).toEqual(['tools_pay']);
    });
  });
}
