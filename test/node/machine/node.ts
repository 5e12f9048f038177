import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kubeconfig } from '../../e2e/harness/controlPlane.ts';
import { Kubectl } from '../../e2e/harness/kubectl.ts';
import { ProcessScope, type ServerProcess } from '../../support/processes.ts';
import { until } from '../../support/wait.ts';
import type { Prepared } from '../prepare/prepare.ts';
import { command } from '../support/command.ts';
import { type Command, firstCommands, laterCommands } from './commands.ts';
import { ADDRESS, connect, forget } from './network.ts';
import { NODE, USERS, writeSettings } from './settings.ts';

/** What the tests are started with. */
export interface Machine extends Prepared {
  /** A cgroup of this name exists under every controller. */
  readonly cgroup: string;
  /** An empty folder. */
  readonly folder: string;
}

/** Where the API server is, and a token of a cluster admin. */
export interface ApiServer {
  readonly url: string;
  readonly token: string;
  readonly ca: string;
}

const URL = `https://${ADDRESS}:6443`;

/** A Kubernetes node with its control plane, in namespaces of its own. */
export class Node {
  readonly kubectl: Kubectl;
  readonly #machine: Machine;
  readonly #scope: ProcessScope;
  #init: ServerProcess | undefined;

  private constructor(machine: Machine, scope: ProcessScope) {
    this.#machine = machine;
    this.#scope = scope;
    this.kubectl = new Kubectl({
      binary: machine.programs.kubectl,
      kubeconfig: this.file('admin.kubeconfig'),
      home: machine.folder,
    });
  }

  /** Makes a node and switches it on. */
  static async create(machine: Machine): Promise<Node> {
    await writeSettings(machine.folder, machine.cgroup, machine.tools);
    await connect();
    const node = new Node(machine, await ProcessScope.create('vmcp-admission-node-logs'));
    await node.powerOn();
    return node;
  }

  /** A path in the folder of the node. */
  file(name: string): string {
    return join(this.#machine.folder, name);
  }

  async apiServer(): Promise<ApiServer> {
    return { url: URL, token: 'admin', ca: await readFile(this.file('certs/apiserver.crt'), 'utf8') };
  }

  /** Starts process 1 and all programs. Returns when the node is ready and has the images. */
  async powerOn(): Promise<void> {
    const { programs, folder } = this.#machine;
    const inside = await this.#startInit();
    this.#start(inside, firstCommands(programs, folder));
    await this.#writeKubeconfigs();
    this.#start(inside, laterCommands(programs, folder));
    await this.#importImages(inside);
    const options = { withinMs: 120_000, describe: () => this.#logs() };
    const ask = ['wait', `node/${NODE}`, '--for=condition=Ready', '--timeout=1s'];
    await until(
      'the node is ready',
      async () => ((await this.kubectl.run(ask)).code === 0 ? true : undefined),
      options,
    );
  }

  /** Kills process 1, and with it every program and every container. What is on the disk stays. */
  async powerOff(): Promise<void> {
    await this.#init?.stop('SIGKILL');
    await forget(this.#machine.tools);
  }

  async close(): Promise<void> {
    await this.powerOff();
    await this.#scope.close();
  }

  /** The ends of the logs, for the message of a failure. */
  #logs(): string {
    const names = ['kube-apiserver', 'containerd', 'kubelet'];
    return names
      .map((name) => join(this.#scope.dir, `${name}.log`))
      .filter((file) => existsSync(file))
      .map((file) => `\n${file}: ${readFileSync(file, 'utf8').slice(-1500)}`)
      .join('');
  }

  /** Starts process 1 of the node; returns the arguments with which nsenter runs a program beside it. */
  async #startInit(): Promise<readonly string[]> {
    await rm(this.file('initialised'), { force: true });
    const namespaces = ['--mount', '--pid', '--uts', '--fork', '--kill-child', '--mount-proc'];
    const script = [join(import.meta.dirname, 'init.sh'), NODE, this.#machine.folder];
    const { tools } = this.#machine;
    const init = this.#scope.start('init', 'unshare', [...namespaces, 'bash', ...script], tools.env);
    this.#init = init;
    await until('the node has its mounts', () => {
      if (init.hasExited()) throw new Error(`process 1 of the node ended: ${init.log()}`);
      return existsSync(this.file('initialised')) ? true : undefined;
    });
    const child = await readFile(`/proc/${init.pid}/task/${init.pid}/children`, 'utf8');
    return ['-t', child.trim(), '-m', '-p', '-u', '--'];
  }

  #start(inside: readonly string[], commands: readonly Command[]): void {
    for (const { name, program, args } of commands)
      this.#scope.start(name, 'nsenter', [...inside, program, ...args], this.#machine.tools.env);
  }

  async #writeKubeconfigs(): Promise<void> {
    const certificate = this.file('certs/apiserver.crt');
    await until('the API server has a certificate', () => (existsSync(certificate) ? true : undefined), {
      withinMs: 120_000,
      describe: () => this.#logs(),
    });
    const ca = await readFile(certificate, 'utf8');
    for (const { token } of USERS)
      await writeFile(this.file(`${token}.kubeconfig`), kubeconfig(URL, ca, token));
  }

  /** Imports the images that containerd does not have yet, as soon as it answers. */
  async #importImages(inside: readonly string[]): Promise<void> {
    const { tools, images } = this.#machine;
    const ctr = (...args: readonly string[]) =>
      command('nsenter', [...inside, 'ctr', '-n', 'k8s.io', 'images', ...args], {
        env: { ...process.env, ...tools.env },
      });
    const known = await until('containerd answers', () => ctr('list', '-q').catch(() => undefined), {
      withinMs: 60_000,
      describe: () => this.#logs(),
    });
    if (known.trim() !== '') return;
    for (const archive of images) await ctr('import', archive);
  }
}
