import { stringify } from 'yaml';

/** The archive of a release that krew downloads: the npm package. */
export interface KrewArchive {
  readonly version: string;
  readonly uri: string;
  readonly sha256: string;
  readonly homepage: string;
}

/**
 * The manifest of the kubectl plugin for krew. The plugin is the npm package, whose archive has the folder `package`. It is a script
 * with `#!`, so there is none for Windows.
 */
export function krewManifest({ version, uri, sha256, homepage }: KrewArchive): string {
  return stringify({
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'vmcp-admission' },
    spec: {
      version: `v${version}`,
      homepage,
      shortDescription: 'Check the manifests of ToolHive before they are applied',
      description:
        'Judges MCPServerEntry, VirtualMCPServer and their neighbours by the rules of the admission webhook vmcp-admission, explains the rules, and shows vMCP Pods as the webhook would fill them.',
      caveats: 'The plugin needs Node 24 or newer as `node` in the PATH.',
      platforms: [
        {
          selector: { matchExpressions: [{ key: 'os', operator: 'In', values: ['darwin', 'linux'] }] },
          uri,
          sha256,
          files: [{ from: 'package/*', to: '.' }],
          bin: 'bin.js',
        },
      ],
    },
  });
}
