import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../../support/command.ts';
import type { Tools } from './packages.ts';

/** buildah with a store and settings of its own, all inside one folder. */
export class Buildah {
  readonly #folder: string;
  readonly #tools: Tools;

  private constructor(folder: string, tools: Tools) {
    this.#folder = folder;
    this.#tools = tools;
  }

  static async create(folder: string, tools: Tools): Promise<Buildah> {
    const settings = join(folder, 'home', '.config', 'containers');
    await mkdir(settings, { recursive: true });
    await mkdir(join(folder, 'etc'));
    await writeFile(join(settings, 'policy.json'), '{"default": [{"type": "insecureAcceptAnything"}]}\n');
    await writeFile(join(folder, 'registries.conf'), 'unqualified-search-registries = ["docker.io"]\n');
    const libraries = ['include /etc/ld.so.conf', ...tools.env.LD_LIBRARY_PATH.split(':')];
    await writeFile(join(folder, 'ld.so.conf'), `${libraries.join('\n')}\n`);
    await command('ldconfig', ['-X', '-f', join(folder, 'ld.so.conf'), '-C', join(folder, 'ld.so.cache')]);
    return new Buildah(folder, tools);
  }

  /**
   * Runs buildah in a mount namespace of its own, so that no mount of its store stays. There /etc is a copy in memory,
   * where the loader finds the libraries of the unpacked packages: programs that buildah starts get no LD_LIBRARY_PATH.
   */
  async run(...args: readonly string[]): Promise<string> {
    const folder = this.#folder;
    const script =
      'mount -t tmpfs tmpfs etc && mkdir etc/upper etc/work && mount -t overlay overlay' +
      ' -o lowerdir=/etc,upperdir=etc/upper,workdir=etc/work /etc && cp ld.so.cache /etc/ && exec nice buildah "$@"';
    const store = ['--root', join(folder, 'store'), '--runroot', join(folder, 'state')];
    const env = {
      PATH: this.#tools.env.PATH,
      HOME: join(folder, 'home'),
      CONTAINERS_REGISTRIES_CONF: join(folder, 'registries.conf'),
    };
    const shell = ['--mount', 'sh', '-c', script, 'buildah'];
    return (await command('unshare', [...shell, ...store, ...args], { cwd: folder, env })).trim();
  }

  /** Makes an image of one folder. `config` are flags of `buildah config`. */
  async imageOf(tree: string, name: string, config: readonly string[]): Promise<void> {
    const container = await this.run('from', 'scratch');
    await this.run('add', '-q', container, tree, '/');
    await this.run('config', ...config, container);
    await this.run('commit', '-q', '--rm', container, name);
  }

  /** Writes an image to an archive that `ctr images import` reads, under the same name. */
  async save(name: string, archive: string): Promise<void> {
    await this.run('push', '-q', name, `docker-archive:${archive}:${name}`);
  }
}
