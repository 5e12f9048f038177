import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../../support/command.ts';
import type { ProcessScope, ServerProcess } from '../../support/processes.ts';
import { until } from '../../support/wait.ts';
import type { Prepared } from '../prepare/prepare.ts';
import { makeCgroups, removeCgroups } from './cgroups.ts';
import type { Command } from './commands.ts';
import type { NodeSettings } from './settings.ts';

/** The namespaces of one node: process 1, and the programs that were started beside it. */
export class Worker {
  readonly settings: NodeSettings;
  readonly #prepared: Prepared;
  readonly #scope: ProcessScope;
  #init: ServerProcess | undefined;
  #pid = '';

  constructor(settings: NodeSettings, prepared: Prepared, scope: ProcessScope) {
    this.settings = settings;
    this.#prepared = prepared;
    this.#scope = scope;
  }

  /** The process id of process 1, as the tests see it. */
  get pid(): string {
    return this.#pid;
  }

  /** Starts process 1. Its network is its own, or that of the tests. */
  async boot(network: 'own' | 'shared'): Promise<void> {
    const { name, folder } = this.settings;
    const initialised = join(folder, 'initialised');
    await rm(initialised, { force: true });
    const namespaces = ['--mount', '--pid', '--uts', '--fork', '--kill-child', '--mount-proc'];
    const all = network === 'own' ? ['--net', ...namespaces] : namespaces;
    const script = [join(import.meta.dirname, 'init.sh'), name, folder];
    const init = this.#scope.start(
      `${name}-init`,
      'unshare',
      [...all, 'bash', ...script],
      this.#prepared.tools.env,
    );
    this.#init = init;
    await until(`${name} has its mounts`, () => {
      if (init.hasExited()) throw new Error(`process 1 of ${name} ended: ${init.log()}`);
      return existsSync(initialised) ? true : undefined;
    });
    this.#pid = (await readFile(`/proc/${init.pid}/task/${init.pid}/children`, 'utf8')).trim();
  }

  /** Arguments of nsenter that run a program beside process 1. */
  #inside(): readonly string[] {
    return ['-t', this.#pid, '-m', '-n', '-p', '-u', '--'];
  }

  start(commands: readonly Command[]): void {
    for (const { name, program, args } of commands)
      this.#scope.start(name, 'nsenter', [...this.#inside(), program, ...args], this.#prepared.tools.env);
  }

  /** Runs containerd's own client beside process 1. */
  #ctr(...args: readonly string[]): Promise<string> {
    const { tools } = this.#prepared;
    const env = { ...process.env, ...tools.env };
    return command('nsenter', [...this.#inside(), 'ctr', '-n', 'k8s.io', ...args], { env });
  }

  /** Imports the images that containerd does not have yet, as soon as it answers. */
  async importImages(): Promise<void> {
    const list = () => this.#ctr('images', 'list', '-q').catch(() => undefined);
    const known = await until('containerd answers', list);
    if (known.trim() !== '') return;
    for (const archive of Object.values(this.#prepared.images)) await this.#ctr('images', 'import', archive);
  }

  /** Sends SIGKILL to the first process of a container. */
  async killContainer(id: string): Promise<void> {
    await this.#ctr('tasks', 'kill', '--signal', 'SIGKILL', id);
  }

  /**
   * Kills process 1, and with it every program and every container. What is on the disk stays. The cgroups of the containers go,
   * as on a real machine: at its next start the kubelet spends 3 s on each that it cannot explain.
   */
  async powerOff(): Promise<void> {
    await this.#init?.stop('SIGKILL');
    await removeCgroups(this.settings.cgroup);
    await makeCgroups(this.settings.cgroup);
  }
}
