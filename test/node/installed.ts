import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../support/wait.ts';
import type { Node } from './machine/node.ts';
import { IMAGES } from './prepare/images.ts';
import { ROOT } from './support/paths.ts';
import { NAMESPACE, replicas } from './support/webhook.ts';

/** Runs in the container of the webhook, which has no shell: prints what the process may do. */
const PROBE = `
const fs = require('node:fs');
const status = fs.readFileSync('/proc/1/status', 'utf8');
const line = (name) => new RegExp('^' + name + ':\\\\s*(.*)$', 'm').exec(status)[1].replace(/\\t/g, ' ').trim();
const write = (path) => { try { fs.writeFileSync(path + '/probe', ''); return 'written'; } catch (error) { return error.code; } };
const key = fs.statSync('/etc/vmcp-admission/tls/tls.key');
console.log(JSON.stringify({
  uid: line('Uid'), gid: line('Gid'), groups: line('Groups'), effective: line('CapEff'), bounding: line('CapBnd'),
  noNewPrivileges: line('NoNewPrivs'), seccomp: line('Seccomp'),
  writes: ['/', '/tmp', '/app', '/etc/vmcp-admission/tls'].map(write),
  key: { mode: (key.mode & 0o777).toString(8), uid: key.uid, gid: key.gid,
    read: fs.readFileSync('/etc/vmcp-admission/tls/tls.key', 'utf8').startsWith('-----BEGIN') },
  memoryLimit: process.constrainedMemory(),
}));`;

/** What the Pods of the installation are and do on a kubelet. */
export function installed(get: () => Node): void {
  describe('an installation', () => {
    it('fails closed after the last step', async () => {
      const { kubectl } = get();
      for (const kind of ['validatingwebhookconfiguration', 'mutatingwebhookconfiguration']) {
        const { webhooks } = await kubectl.get<{ webhooks: { name: string; failurePolicy: string }[] }>(
          kind,
          'vmcp-admission',
        );
        const open = webhooks
          .filter(({ failurePolicy }) => failurePolicy === 'Ignore')
          .map(({ name }) => name);
        expect(open).toEqual(kind.startsWith('v') ? ['groups.vmcp-admission.dev'] : []);
      }
    });

    it('runs where Pod Security "restricted" is enforced', async () => {
      const { kubectl } = get();
      const refused = await kubectl.run([
        ...['run', 'plain', '-n', NAMESPACE, `--image=${IMAGES.busybox}`, '--dry-run=server'],
      ]);
      expect(refused.stderr).toContain('violates PodSecurity "restricted:latest"');
    });

    it('has no rights, a read-only file system, a memory limit, and a key that only its group reads', async () => {
      const node = get();
      const [pod] = await replicas(node);
      const exec = ['exec', '-n', NAMESPACE, pod?.metadata.name ?? '', '--'];
      const printed = await node.kubectl.ok([...exec, '/nodejs/bin/node', '-e', PROBE]);
      expect(JSON.parse(printed)).toEqual({
        uid: '65532 65532 65532 65532',
        gid: '65532 65532 65532 65532',
        groups: '65532',
        effective: '0000000000000000',
        bounding: '0000000000000000',
        noNewPrivileges: '1',
        seccomp: '2',
        writes: ['EROFS', 'EROFS', 'EROFS', 'EROFS'],
        key: { mode: '440', uid: 0, gid: 65532, read: true },
        memoryLimit: 512 * 1024 * 1024,
      });
    });

    it('denies every file of examples/bad', async () => {
      const { kubectl } = get();
      await kubectl.ok(['apply', '-f', join(ROOT, 'examples', 'good', 'group.yaml')]);
      for (const file of readdirSync(join(ROOT, 'examples', 'bad'))) {
        const answer = await kubectl.run([
          'create',
          '--dry-run=server',
          '-f',
          join(ROOT, 'examples', 'bad', file),
        ]);
        expect(answer.stderr, file).toMatch(/ is invalid: |denied the request: /);
      }
    });

    it('counts its reviews on /metrics', async () => {
      const node = get();
      const scraped = await until('a replica counts a denial', async () => {
        for (const { status } of await replicas(node)) {
          const text = await (await fetch(`http://${status.podIP}:8081/metrics`)).text();
          if (/^vmcp_admission_reviews_total\{.*outcome="denied".*\} [1-9]/m.test(text)) return text;
        }
        return undefined;
      });
      expect(scraped).toContain('vmcp_admission_certificate_expiry_timestamp_seconds');
    });

    it('can be told to log more as docs/operate.md says', async () => {
      const node = get();
      const [pod] = await replicas(node);
      const name = pod?.metadata.name ?? '';
      await node.kubectl.ok([
        ...['debug', '-n', NAMESPACE, name, `--image=${IMAGES.busybox}`, '--target=webhook'],
        ...['--profile=restricted', '--', 'kill', '-USR2', '1'],
      ]);
      await until('the log says that the level changed', async () => {
        const log = await node.kubectl.ok(['logs', '-n', NAMESPACE, name, '-c', 'webhook']);
        return log.includes('log level changed') ? true : undefined;
      });
    });
  });
}
