import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

const PLATFORM = join(import.meta.dirname, '..', '..', 'src', 'playground', 'platform');

/** The certificate reader of Node, as the engine asks for it. */
const CERTIFICATE = /^\.\/certificate\.ts$/;

/** Puts the certificate reader without Node in the place of the one with it. */
const certificateReader: Plugin = {
  name: 'certificate-reader',
  setup(build) {
    build.onResolve({ filter: CERTIFICATE }, ({ importer }) =>
      /[\\/]src[\\/]x509[\\/]/.test(importer) ? { path: join(PLATFORM, 'asn1Certificate.ts') } : undefined,
    );
  },
};

/** What esbuild needs to bundle the engine for a browser: a stand-in for everything of Node that it uses. */
export const BROWSER_ENGINE = {
  alias: {
    'node:crypto': join(PLATFORM, 'crypto.ts'),
    'node:path': 'path-browserify',
    'node:util': join(PLATFORM, 'util.ts'),
  },
  inject: [join(PLATFORM, 'globals.ts')],
  plugins: [certificateReader],
} satisfies BuildOptions;
