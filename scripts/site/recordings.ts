import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePage } from '../rule-docs/page.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What a command line prints, under the command: standard output, or both streams. */
export function recordCommand(args: readonly string[], streams: 'stdout' | 'both' = 'both'): Promise<string> {
  return new Promise((resolve, reject) => {
    const stderr = streams === 'both' ? 'pipe' : 'ignore';
    const child = spawn(process.execPath, ['src/main.ts', ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', stderr],
    });
    let output = `$ vmcp-admission ${args.join(' ')}\n`;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
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
