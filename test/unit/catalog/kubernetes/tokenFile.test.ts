import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { kubeConfigSource } from '../../../../src/catalog/kubernetes/kubeConfig.ts';

function kubeconfig(user: object): { file: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-token-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config');
  const name = 'test';
  writeFileSync(
    file,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    }),
  );
  return { file, folder };
}

it("reads the token from a kubeconfig's tokenFile, relative to the kubeconfig, and reads it again when asked for fresh credentials", async () => {
  const { file, folder } = kubeconfig({ tokenFile: 'token' });
  writeFileSync(join(folder, 'token'), 'first\n');
  const connect = kubeConfigSource(file);
  expect((await connect(false)).headers.Authorization).toBe('Bearer first');
  writeFileSync(join(folder, 'token'), 'second\n');
  expect((await connect(true)).headers.Authorization).toBe('Bearer second');
});

it('prefers tokenFile to token, as kubectl does', async () => {
  const { file, folder } = kubeconfig({ token: 'stale', tokenFile: 'token' });
  writeFileSync(join(folder, 'token'), 'current');
  expect((await kubeConfigSource(file)(false)).headers.Authorization).toBe('Bearer current');
});

it('says that a file cannot be read when tokenFile names none', async () => {
  const { file } = kubeconfig({ tokenFile: 'missing' });
  await expect(kubeConfigSource(file)(false)).rejects.toThrow(
    /a file that it names, cannot be read \(ENOENT\)/,
  );
});

it('leaves a kubeconfig with a token as it is', async () => {
  const { file } = kubeconfig({ token: 'plain' });
  expect((await kubeConfigSource(file)(false)).headers.Authorization).toBe('Bearer plain');
});
