import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kubeconfig } from '../../support/cluster/controlPlane.ts';
import { Kubectl } from '../../support/cluster/kubectl.ts';
import { ProcessScope, type ServerProcess } from '../../support/processes.ts';
import { until } from '../../support/wait.ts';
import type { Prepared } from '../prepare/prepare.ts';
import { controllerCommands, nodeCommands, serverCommands } from './commands.ts';
import { connect, connectSecond, FIRST, forget, SECOND } from './network.ts';
import { USERS, writeClusterSettings, writeNodeSettings } from './settings.ts';
import { Worker } from './worker.ts';

/** What the tests are started with. */
export interface Machine extends Prepared {
  /** Cgroups of this name and of this name with `-2` exist under every controller. */
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

const URL = `https://${FIRST.address}:6443`;

/** A Kubernetes node with its control plane, in namespaces of its own. It may get a second node beside it. */
export class Node {
  readonly kubectl: Kubectl;
  /** What was prepared: programs, images and the version before. */
  readonly machine: Machine;
  readonly #scope: ProcessScope;
  readonly #first: Worker;
  readonly #second: Worker;
  #hasSecond = false;

  private constructor(machine: Machine, scope: ProcessScope) {
    const { folder, cgroup } = machine;
    this.machine = machine;
    this.#scope = scope;
    this.#first = new Worker({ name: 'node1', ...FIRST, folder, cgroup }, machine, scope);
    const second = { folder: join(folder, 'node2'), cgroup: `${cgroup}-2` };
    this.#second = new Worker({ name: 'node2', ...SECOND, ...second }, machine, scope);
    this.kubectl = new Kubectl({
      binary: machine.programs.kubectl,
      kubeconfig: this.file('admin.kubeconfig'),
      home: folder,
    });
  }

  /** Makes a node and switches it on. */
  static async create(machine: Machine): Promise<Node> {
    await writeClusterSettings(machine.folder);
    await connect();
    const node = new Node(machine, await ProcessScope.create('vmcp-admission-node-logs'));
    await writeNodeSettings(node.#first.settings, machine.tools);
    await node.powerOn();
    return node;
  }

  /** A path in the folder of the node. */
  file(name: string): string {
    return join(this.machine.folder, name);
  }

  async apiServer(): Promise<ApiServer> {
    return { url: URL, token: 'admin', ca: await readFile(this.file('certs/apiserver.crt'), 'utf8') };
  }

  /** Starts process 1 and all programs of each node. Returns when the nodes are ready and have the images. */
  async powerOn(): Promise<void> {
    const { programs, folder } = this.machine;
    await this.#first.boot('shared');
    this.#first.start(serverCommands(programs, folder));
    await this.#writeKubeconfigs();
    this.#first.start(controllerCommands(programs, folder));
    await this.#join(this.#first);
    if (this.#hasSecond) await this.addSecondNode();
  }

  /** Switches the second node on. */
  async addSecondNode(): Promise<void> {
    const { settings } = this.#second;
    await mkdir(settings.folder, { recursive: true });
    await writeNodeSettings(settings, this.machine.tools);
    await this.#second.boot('own');
    await connectSecond(this.#second.pid);
    await this.#join(this.#second);
    this.#hasSecond = true;
  }

  /** Kills the processes of a container of a node, as an error of theirs might. */
  async killContainer(node: string, id: string): Promise<void> {
    const worker = node === this.#second.settings.name ? this.#second : this.#first;
    await worker.killContainer(id);
  }

  /** Starts a program in the network of the tests, beside the nodes; it ends with the tests. */
  start(name: string, program: string, args: readonly string[]): ServerProcess {
    return this.#scope.start(name, program, args);
  }

  /** Kills process 1 of each node, and with it every program and every container. What is on the disk stays. */
  async powerOff(): Promise<void> {
    await Promise.all([this.#second.powerOff(), this.#first.powerOff()]);
    await forget(this.machine.tools);
  }

  async close(): Promise<void> {
    await this.powerOff();
    await this.#scope.close();
  }

  /** Starts the programs of a node; returns when it is ready and has the images. */
  async #join(worker: Worker): Promise<void> {
    const { programs, folder } = this.machine;
    const { name } = worker.settings;
    worker.start(nodeCommands(programs, folder, worker.settings));
    await worker.importImages();
    const ask = ['wait', `node/${name}`, '--for=condition=Ready', '--timeout=1s'];
    await until(
      `${name} is ready`,
      async () => ((await this.kubectl.run(ask)).code === 0 ? true : undefined),
      { withinMs: 120_000, describe: () => this.#logs(name) },
    );
  }

  /** The ends of the logs, for the message of a failure. */
  #logs(node: string): string {
    return ['kube-apiserver', `${node}-containerd`, `${node}-kubelet`]
      .map((name) => join(this.#scope.dir, `${name}.log`))
      .filter((file) => existsSync(file))
      .map((file) => `\n${file}: ${readFileSync(file, 'utf8').slice(-1500)}`)
      .join('');
  }

  async #writeKubeconfigs(): Promise<void> {
    const certificate = this.file('certs/apiserver.crt');
    await until('the API server has a certificate', () => (existsSync(certificate) ? true : undefined), {
      withinMs: 120_000,
      describe: () => this.#logs('node1'),
    });
    const ca = await readFile(certificate, 'utf8');
    for (const { token } of USERS)
      await writeFile(this.file(`${token}.kubeconfig`), kubeconfig(URL, ca, token));
  }
}
