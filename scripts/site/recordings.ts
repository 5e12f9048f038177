import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePage } from '../rule-docs/page.ts';
import { terminalPicture } from './terminalPicture.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What a command line prints, under the command. */
export function recordCommand(
  args: readonly string[],
  shown: readonly ('stdout' | 'stderr')[] = ['stdout', 'stderr'],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const command = ['src/main.ts', ...args];
    const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = `$ vmcp-admission ${args.join(' ')}${shown.includes('stdout') ? '' : ' > pods.yaml'}\n`;
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        if (shown.includes(name)) output += chunk;
      });
    child.once('error', reject);
    child.once('close', () => resolve(output.trimEnd()));
  });
}

/** The example of a rule page, and what kubectl printed when it was applied to a real API server. */
export function recordedApply(rule: string): { readonly manifest: string; readonly output: string } {
  const page = parsePage(rule, readFileSync(join(ROOT, 'docs', 'rules', `${rule}.md`), 'utf8'));
  return { manifest: page.bad, output: page.recorded.trimEnd() };
}

/** The picture of the README: an entry is denied, and a Pod is filled without another entry that is. */
export async function readmePicture(): Promise<string> {
  const pods = ['inject', 'examples/good', 'examples/bad/private-address.yaml'];
  const { output } = recordedApply('remote-url-blocked-host');
  return terminalPicture(
    'kubectl apply is told why an entry is denied; a vMCP Pod is filled with three backends, and a fourth is left out with the reason',
    `${output}\n\n${await recordCommand(pods, ['stderr'])}`,
  );
}
