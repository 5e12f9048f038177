import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authority, servingPair, writePair } from '../../test/support/certificates.ts';

/** The files that the processes share: certificates and kubeconfigs, in a folder of their own. */
export interface Setup {
  readonly folder: string;
  readonly ca: string;
  /** Writes a kubeconfig for the fake API server; returns its path. */
  kubeconfig(name: string, port: number): string;
}

export async function makeSetup(): Promise<Setup> {
  const folder = mkdtempSync(join(tmpdir(), 'vmcp-admission-bench-'));
  const year = { days: 365 };
  const ca = await authority('bench', year);
  const other = await authority('bench 2', year);
  const { cert, key } = await servingPair(ca, 'localhost', year);
  await writePair(folder, { cert: cert + ca.cert, key });
  writeFileSync(join(folder, 'ca.crt'), ca.cert);
  writeFileSync(join(folder, 'bundle.crt'), ca.cert + other.cert);
  return {
    folder,
    ca: ca.cert,
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
