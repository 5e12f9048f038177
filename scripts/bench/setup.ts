import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, makeLeaf } from '../../src/x509/generate.ts';

/** The files that the processes share: certificates and kubeconfigs, in a folder of their own. */
export interface Setup {
  readonly folder: string;
  readonly ca: string;
  /** Writes a kubeconfig for the fake API server; returns its path. */
  kubeconfig(name: string, port: number): string;
}

export async function makeSetup(): Promise<Setup> {
  const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-bench-'));
  const now = new Date();
  const authority = await makeAuthority({ commonName: 'bench', now, days: 365 });
  const other = await makeAuthority({ commonName: 'bench 2', now, days: 365 });
  const leaf = await makeLeaf(authority, {
    commonName: 'localhost',
    now,
    days: 365,
    names: ['localhost', '127.0.0.1'],
    usage: 'server',
  });
  writeFileSync(join(folder, 'tls.crt'), leaf.cert + authority.cert);
  writeFileSync(join(folder, 'tls.key'), leaf.key, { mode: 0o600 });
  writeFileSync(join(folder, 'ca.crt'), authority.cert);
  writeFileSync(join(folder, 'bundle.crt'), authority.cert + other.cert);
  return {
    folder,
    ca: authority.cert,
    kubeconfig(name, port) {
      const file = join(folder, `${name}.kubeconfig`);
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'bench',
        clusters: [
          {
            name: 'bench',
            cluster: {
              server: `https://127.0.0.1:${port}`,
              'certificate-authority': join(folder, 'ca.crt'),
            },
          },
        ],
        users: [{ name: 'bench', user: { token: 'bench' } }],
        contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
      };
      writeFileSync(file, JSON.stringify(config));
      return file;
    },
  };
}
