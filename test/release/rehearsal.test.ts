import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { pinBaseImages } from '../../scripts/release/baseImages.ts';
import { type Published, publish } from '../../scripts/release/publish.ts';
import { VERSION } from '../../src/version.ts';
import { findBinaries } from '../support/cluster/binaries.ts';
import { startControlPlane } from '../support/cluster/controlPlane.ts';
import { ROOT } from '../support/cluster/installation.ts';
import { Kubectl } from '../support/cluster/kubectl.ts';
import { command, runCommand } from '../support/command.ts';
import { makeSigningKey, type SigningKey } from '../support/cosign.ts';
import { makeImage, type OciRegistry, startOciRegistry } from './support/ociRegistry.ts';
import { programOrSkip } from './support/program.ts';

const { folder: npmPackage, env } = inject('published');

const crane = (await programOrSkip('crane')) ?? '';
const cosign = (await programOrSkip('cosign')) ?? '';
const helm = (await programOrSkip('helm')) ?? '';

const servers = await findBinaries(process.env);

describe.skipIf(crane === '' || cosign === '' || helm === '')(
  'a release, to a registry on this machine',
  () => {
    let registry: OciRegistry;
    let published: Published;
    let into: string;
    let signing: SigningKey;
    let ours: NodeJS.ProcessEnv;

    beforeAll(async () => {
      registry = await startOciRegistry(crane);
      const { address, scope } = registry;
      into = join(scope.dir, 'release');
      signing = await makeSigningKey(cosign, scope.dir, env);
      ours = signing.env;
      published = await publish({
        root: ROOT,
        version: VERSION,
        registry: address,
        image: await makeImage(crane, registry, npmPackage),
        npmPackage,
        into,
        repository: 'https://github.com/example/vmcp-admission',
        programs: { crane, cosign, helm },
        signing: signing.sign,
        helmPush: ['--plain-http'],
        env: ours,
      });
    });
    afterAll(() => registry?.scope.close());

    it('pushes an image for both kinds of machines, that can be pulled by its digest', async () => {
      const { image } = published;
      expect(image.repository).toBe(`${registry.address}/vmcp-admission`);
      const reference = `${image.repository}@${image.digest}`;
      const index = JSON.parse(await command(crane, ['manifest', reference]));
      const machines = index.manifests.map(
        ({ platform }: { platform: { architecture: string } }) => platform,
      );
      expect(machines).toMatchObject([
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm64' },
      ]);
      expect(await command(crane, ['digest', `${image.repository}:${VERSION}`])).toBe(`${image.digest}\n`);
    });

    it('signs image and chart, and states what is in the image', async () => {
      for (const { repository, digest } of [published.image, published.chart])
        await command(cosign, ['verify', ...signing.verify, `${repository}@${digest}`], { env: ours });
      const { repository, digest } = published.image;
      const sbom = ['--type', 'cyclonedx', `${repository}@${digest}`];
      const statement = await command(cosign, ['verify-attestation', ...signing.verify, ...sbom], {
        env: ours,
      });
      const [first = ''] = statement.trim().split('\n');
      const { predicate } = JSON.parse(Buffer.from(JSON.parse(first).payload, 'base64').toString());
      expect(predicate).toMatchObject({ bomFormat: 'CycloneDX' });
      const other = await runCommand(cosign, ['verify', ...signing.verify, `${registry.address}/build:all`], {
        cwd: into,
        env: ours,
      });
      expect(other.code, 'of an image that nobody signed').not.toBe(0);
    });

    it('pushes a chart that installs the image by its digest', async () => {
      const { dir } = registry.scope;
      const source = `oci://${registry.address}/charts/vmcp-admission`;
      await command(helm, ['pull', source, '--version', VERSION, '--plain-http', '--destination', dir], {
        env: ours,
      });
      const archive = join(dir, `vmcp-admission-${VERSION}.tgz`);
      const rendered = await command(helm, ['template', 'vmcp-admission', archive], { env: ours });
      const deployments = parseAllDocuments(rendered)
        .map((document) => document.toJS())
        .filter((object) => object?.kind === 'Deployment');
      const { image } = published;
      expect(deployments.map(({ spec }) => spec.template.spec.containers[0].image)).toEqual([
        `${image.repository}@${image.digest}`,
      ]);
    });

    it.skipIf('missing' in servers)('is installed from the registry on a real API server', async () => {
      if ('missing' in servers) return;
      const plane = await startControlPlane(registry.scope, { ...servers, controllerManager: undefined });
      const kubectl = new Kubectl(plane.admin);
      const name = 'vmcp-admission';
      const source = [
        `oci://${registry.address}/charts/vmcp-admission`,
        '--version',
        VERSION,
        '--plain-http',
      ];
      // There is no cert-manager.
      const values = ['--set', 'certificates.mode=existingSecret'];
      const into = ['--kubeconfig', plane.admin.kubeconfig, '--namespace', name, '--create-namespace'];
      await command(helm, ['install', name, ...source, ...values, ...into], { env: ours });
      const installed = [
        'deployment',
        name,
        '-n',
        name,
        '-o',
        'jsonpath={.spec.template.spec.containers[*].image}',
      ];
      const { repository, digest } = published.image;
      expect(await kubectl.ok(['get', ...installed])).toBe(`${repository}@${digest}`);
      const configuration = ['get', 'validatingwebhookconfiguration', name, '-o', 'name'];
      expect(await kubectl.ok(configuration)).toContain(name);
    });

    it('writes the files of the release, each with its checksum, and signs these', async () => {
      const files = await readdir(into);
      expect(files.sort()).toEqual([
        'THIRD_PARTY_LICENSES.txt',
        'checksums.txt',
        'checksums.txt.sigstore.json',
        'images.txt',
        'sbom.cdx.json',
        `vmcp-admission-${VERSION}.tgz`,
        `vmcp-admission-chart-${VERSION}.tgz`,
        'vmcp-admission-krew.yaml',
      ]);
      const list = join(into, 'checksums.txt');
      const checked = await runCommand('sha256sum', ['--check', '--strict', 'checksums.txt'], {
        cwd: into,
        env,
      });
      expect(checked.stdout.trim().split('\n')).toHaveLength(files.length - 2);
      expect(checked.code, checked.stdout).toBe(0);
      const verify = ['verify-blob', ...signing.verify, '--bundle', `${list}.sigstore.json`];
      await command(cosign, [...verify, list], { env: ours });
      await writeFile(join(into, '..', 'other.txt'), 'other');
      expect(
        (await runCommand(cosign, [...verify, join(into, '..', 'other.txt')], { cwd: into, env: ours })).code,
      ).not.toBe(0);
      expect(await readFile(join(into, 'images.txt'), 'utf8')).toBe(
        [published.image, published.chart]
          .map(({ repository, digest }) => `${repository}@${digest}\n`)
          .join(''),
      );
      expect(await readFile(join(into, '..', 'notes.md'), 'utf8')).toContain(published.image.digest);
    });

    it('pins the base images of the Dockerfile that are not stages', async () => {
      const image = `${registry.address}/build:all`;
      const digestOf = async (name: string) => (await command(crane, ['digest', name])).trim();
      const pinned = `${image}@${await digestOf(image)}`;
      const dockerfile = `FROM --platform=$BUILDPLATFORM ${image} AS build\nRUN true\nFROM build AS other\nFROM ${image}\n`;
      expect(await pinBaseImages(dockerfile, digestOf)).toBe(dockerfile.replaceAll(image, pinned));
    });
  },
);
