// Runs before every npm script, on whatever Node the machine has, with nothing installed yet: so only Node's
// own modules, and no syntax newer than Node 14. It installs what package-lock.json pins when node_modules
// does not hold exactly that, and makes sure that a Node >= 24 will run the script itself.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIRED_MAJOR = 24;
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** True when every package of the lock file stands in node_modules in its version, and none else does. */
function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'));
  const present = readJson(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (path === '') continue;
    const found = present.packages[path];
    if (found ? found.version !== entry.version : !entry.optional) return false;
    if (found && !existsSync(join(root, path, 'package.json'))) return false;
  }
  return Object.keys(present.packages).every((path) => path in wanted.packages);
}

function install() {
  // --ignore-scripts: nothing that we depend on needs an install script, so none is run.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  process.stderr.write('vmcp-admission: installing the packages of package-lock.json (npm ci)\n');
  // Everything to stderr: stdout belongs to the command that follows.
  const run = npm
    ? spawnSync(process.execPath, [npm].concat(args), { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (run.status !== 0) {
    process.stderr.write(
      'vmcp-admission: npm ci failed; its messages stand above. Mend that and run the command again.\n',
    );
    process.exit(1);
  }
}

/** True when npm scripts will find a Node that is new enough: the pinned one in node_modules, or this one. */
function hasNode() {
  const pinned = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  if (existsSync(pinned))
    return spawnSync(pinned, ['--version'], { shell: process.platform === 'win32' }).status === 0;
  return Number(process.versions.node.split('.')[0]) >= REQUIRED_MAJOR;
}

if (!isInstalled()) install();
if (!hasNode()) {
  process.stderr.write(
    `vmcp-admission: Node ${REQUIRED_MAJOR} or newer is needed, this is ${process.version}, and there is no pinned Node package for ${process.platform}-${process.arch}. Install Node ${REQUIRED_MAJOR} and run the command again.\n`,
  );
  process.exit(1);
}
