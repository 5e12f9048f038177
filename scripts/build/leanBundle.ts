import type { Plugin } from 'esbuild';

const CLIENT_NODE = /[\\/]@kubernetes[\\/]client-node[\\/]dist[\\/]/;
const MEDIA_TYPES = /[\\/]mime-db[\\/]db\.json$/;
const UNDICI_INDEX = /[\\/]undici[\\/]index\.js$/;
const CLIENT_NODE_INDEX = /[\\/]@kubernetes[\\/]client-node[\\/]dist[\\/]index\.js$/;

/** Packages that the code of ours and the parts of others that we use never call, by who asks for them. */
const LEFT_OUT: readonly { readonly packages: RegExp; readonly askedBy: RegExp }[] = [
  { packages: /^body-parser$/, askedBy: /[\\/]express[\\/]/ },
  { packages: /^qs$/, askedBy: /[\\/]express[\\/]/ },
  { packages: /^(undici|socks|socks-proxy-agent|hpagent|\.\/gen\/index\.js)$/, askedBy: CLIENT_NODE },
  { packages: /^\.\/client-h2\.js$/, askedBy: /[\\/]undici[\\/]/ },
  { packages: /^@opentelemetry\/api$/, askedBy: /[\\/]prom-client[\\/]/ },
];

/**
 * What a bundle can do without. Measured: together 1.5 MiB less to compile, and about 150 ms less until it listens.
 * - `import` of node:http asks for each of its exports, one of which loads the whole of undici; `require` does not.
 * - express brings body-parser (and it iconv-lite's tables of old encodings), a parser of queries and the media types of a
 *   thousand file endings; we read bodies and the query ourselves, and name the media type.
 * - zod brings its messages in fifty languages; the messages are English.
 * - client-node brings a class for each object of Kubernetes, and proxies; we use only its kubeconfig, and refuse one with
 *   a proxy.
 * - undici brings fetch, WebSocket, caches, mocks and HTTP/2; we use `request` of its connection pool, for HTTP/1.1.
 * - prom-client brings OpenTelemetry for exemplars.
 */
export const leanBundle: Plugin = {
  name: 'lean-bundle',
  setup(build) {
    build.onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'require-call' ? undefined : { path: 'node:http', namespace: 'required' },
    );
    build.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: 'js',
    }));
    for (const { packages, askedBy } of LEFT_OUT)
      build.onResolve({ filter: packages }, ({ path, importer }) =>
        askedBy.test(importer) ? { path, namespace: 'left-out' } : undefined,
      );
    build.onLoad({ filter: MEDIA_TYPES }, () => ({ contents: '{}', loader: 'json' }));
    build.onLoad({ filter: UNDICI_INDEX }, () => ({
      contents: [
        "exports.Pool = require('./lib/dispatcher/pool.js');",
        "require('./lib/dispatcher/dispatcher.js').prototype.request = require('./lib/api/api-request.js');",
      ].join('\n'),
      loader: 'js',
    }));
    build.onLoad({ filter: CLIENT_NODE_INDEX }, () => ({
      contents: "export { KubeConfig } from './config.js';",
      loader: 'js',
    }));
    // Whatever is asked of it is undefined, so code that was left out by mistake fails when it is first called.
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: 'module.exports = {};',
      loader: 'js',
    }));
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
      loader: 'js',
    }));
  },
};
