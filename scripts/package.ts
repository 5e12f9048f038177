// `npm run package`: builds, and makes dist/npm, the folder that `npm publish` and `npm pack` take. Another folder than dist may
// be given. GITHUB_SERVER_URL and GITHUB_REPOSITORY, as GitHub's runner sets them, say where the source is.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { writeNpmPackage } from './release/npmPackage.ts';

const root = join(import.meta.dirname, '..');
const folder = process.argv[2] ?? join(root, 'dist');
const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
const repository =
  GITHUB_SERVER_URL && GITHUB_REPOSITORY ? `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}` : undefined;

const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.ts'), folder], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
const into = join(folder, 'npm');
await writeNpmPackage(root, { built: folder, into }, repository);
console.log(`${into}: pack it with npm pack, publish it with npm publish`);
