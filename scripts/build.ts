// `npm run build`: one file for Node 24 that runs alone, the licence notices of what it contains, and a list of that for
// scanners (CycloneDX). They go to dist/, or to the folder that is given.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { readShippedManifests } from '../src/cli/doctor/shippedManifests.ts';
import { readRulePages } from '../src/cli/shared/rulePages.ts';
import { leanBundle } from './build/leanBundle.ts';
import { licenseNotices } from './build/licenses.ts';
import { bundleSbom } from './build/sbom.ts';

const root = join(import.meta.dirname, '..');
const folder = process.argv[2] ?? join(root, 'dist');
/** The address that docs/ is published below, such as https://github.com/OWNER/vmcp-admission/blob/main/. */
const docsBase = process.env.DOCS_BASE;
const outfile = join(folder, 'main.js');

const result = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // Names are kept, so stack traces and profiles stay readable.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  define: {
    // `explain` has no docs/ folder beside the bundle.
    RULE_PAGES: JSON.stringify(await readRulePages(join(root, 'docs/rules'))),
    // `doctor` has no deploy/ folder beside it either.
    SHIPPED_MANIFESTS: JSON.stringify(await readShippedManifests(join(root, 'deploy/base'))),
    ...(docsBase && { DOCS_BASE: JSON.stringify(new URL(docsBase.replace(/\/?$/, '/')).href) }),
  },
  metafile: true,
  plugins: [leanBundle],
  logLevel: 'warning',
  // CommonJS packages in the bundle ask for Node's own modules with require, which an ES module does not have.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
const inputs = Object.keys(result.metafile.inputs);
await writeFile(join(folder, 'THIRD_PARTY_LICENSES.txt'), await licenseNotices(root, inputs));
await writeFile(join(folder, 'sbom.cdx.json'), await bundleSbom(root, inputs));
const size = Object.values(result.metafile.outputs)[0]?.bytes ?? 0;
console.log(`${outfile}: ${(size / 1_048_576).toFixed(1)} MiB`);
