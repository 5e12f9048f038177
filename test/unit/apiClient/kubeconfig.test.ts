import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kubeConfigSource } from '../../../src/apiClient/kubeconfig.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function source(cluster: object, user: object, context = 'c') {
  const file = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'k', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    'current-context': context,
  };
  await writeFile(file, JSON.stringify(config));
  return kubeConfigSource(file);
}

describe('a kubeconfig', () => {
  it('gives server, trust and token, and is read again when that is asked for', async () => {
    const cluster = {
      server: 'https://api.example:6443/k8s',
      'certificate-authority-data': Buffer.from('ca').toString('base64'),
    };
    const connect = await source(cluster, { token: 'one' });
    expect(await connect(false)).toMatchObject({
      server: new URL('https://api.example:6443/k8s'),
      headers: { Authorization: 'Bearer one' },
      tls: { ca: Buffer.from('ca') },
    });
    await source(cluster, { token: 'two' });
    expect((await connect(false)).headers.Authorization).toBe('Bearer one');
    expect((await connect(true)).headers.Authorization).toBe('Bearer two');
  });

  it.each([
    ['no current context', { server: 'https://x' }, 'other', 'no current cluster'],
    ['a server that is no URL', { server: 'ftp://x' }, 'c', 'not an http or https URL'],
    ['a proxy', { server: 'https://x', 'proxy-url': 'http://proxy' }, 'c', 'proxy-url is not supported'],
  ])('with %s cannot be used, and says so', async (_, cluster, context, message) => {
    const connect = await source(cluster, { token: 'secret' }, context);
    await expect(connect(false)).rejects.toThrow(message);
  });

  it.each(['http://127.0.0.1:8001', 'http://localhost:8001', 'http://[::1]:8001'])(
    'with %s works: kubectl proxy on the same machine',
    async (server) => {
      const connect = await source({ server }, { token: 'one' });
      expect(await connect(false)).toEqual({
        server: new URL(server),
        headers: { Authorization: 'Bearer one' },
        tls: {},
      });
    },
  );

  it.each(['http://api.example:8080/x', 'http://127.0.0.1.example', 'http://10.0.0.1'])(
    'with %s is refused: a token would go over the network in clear',
    async (server) => {
      const connect = await source({ server, 'insecure-skip-tls-verify': true }, { token: 'secret' });
      const error = await connect(false).catch((reason: Error) => reason.message);
      expect(error).toContain(`is ${new URL(server).origin}, and plain http would send credentials in clear`);
      expect(error).not.toContain('secret');
    },
  );

  it('takes the context that is named, and says which there are', async () => {
    await source({ server: 'https://x' }, { token: 'one' }, 'none');
    const named = (context: string) => kubeConfigSource(join(folder, 'config'), undefined, context)(false);
    expect((await named('c')).headers.Authorization).toBe('Bearer one');
    await expect(named('d')).rejects.toThrow('the kubeconfig has no context "d"; it has "c"');
  });

  it('that is missing or broken says so without quoting it', async () => {
    await expect(kubeConfigSource(join(folder, 'none'))(false)).rejects.toThrow(
      'none": no such file or folder',
    );
    await writeFile(join(folder, 'broken'), 'token: secret: {');
    const error = await kubeConfigSource(join(folder, 'broken'))(false).catch(
      (reason: Error) => reason.message,
    );
    expect(error).toContain('broken" cannot be used');
    expect(error).not.toContain('secret');
  });

  it('with a tokenFile gives the token in it, which is preferred to `token` and relative to the kubeconfig, as for kubectl', async () => {
    await writeFile(join(folder, 'token'), 'first\n');
    const connect = await source({ server: 'https://x' }, { token: 'stale', tokenFile: 'token' });
    expect((await connect(false)).headers.Authorization).toBe('Bearer first');
    await writeFile(join(folder, 'token'), 'second\n');
    expect((await connect(true)).headers.Authorization).toBe('Bearer second');
  });

  it('whose tokenFile does not exist says so', async () => {
    const connect = await source({ server: 'https://x' }, { tokenFile: 'missing' });
    await expect(connect(false)).rejects.toThrow(
      'missing": no such file or folder; it is the kubeconfig, or a file that the kubeconfig names',
    );
  });
});
