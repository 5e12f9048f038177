import { describe, expect, it } from 'vitest';
import { readSettings, SERVE_FLAGS } from '../../src/settings.ts';

/** The problems of settings; none when they can be used. */
function problems(
  flags: Record<string, string>,
  environment: Record<string, string> = {},
): readonly string[] {
  const read = readSettings(flags, environment);
  return read.ok ? [] : read.problems;
}

function settings(flags: Record<string, string>, environment: Record<string, string> = {}) {
  const read = readSettings(flags, environment);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  return read.settings;
}

describe('the settings of serve', () => {
  it('need a certificate folder and have a default for everything else', () => {
    expect(settings({ certDir: '/certs' })).toEqual({
      catalog: 'kubernetes',
      certDir: '/certs',
      namespaces: [],
      readSecrets: false,
      watchPods: false,
      unknownGroup: 'refuse',
      unusableConfig: 'allow',
      failingConfig: 'allow',
      storedFindings: 'off',
      clientAllowedNames: [],
      clientTokenSubjects: [],
      port: 8443,
      healthPort: 8081,
      logLevel: 'info',
      shutdownDelay: 10_000,
    });
  });

  it('come from flags, else from variables, and an empty variable counts as absent', () => {
    const environment = {
      VMCP_ADMISSION_CERT_DIR: '/env',
      VMCP_ADMISSION_PORT: '9443',
      VMCP_ADMISSION_HOST: '',
      VMCP_ADMISSION_CLIENT_CA_FILE: '/ca.crt',
      VMCP_ADMISSION_CLIENT_ALLOWED_NAMES: 'kube-apiserver, other,,other',
    };
    expect(settings({ port: '1443' }, environment)).toMatchObject({
      certDir: '/env',
      port: 1443,
      clientAllowedNames: ['kube-apiserver', 'other'],
    });
  });

  it('all stand in the help with their variable, below a heading', () => {
    expect(SERVE_FLAGS[0]?.heading).toBeDefined();
    for (const { flag, help } of SERVE_FLAGS) {
      const name = /^--([a-z-]+) /.exec(flag)?.[1];
      expect(help).toContain(`[VMCP_ADMISSION_${name?.toUpperCase().replaceAll('-', '_')}]`);
    }
  });

  it('that are wrong are all told at once, each with what was given', () => {
    expect(problems({ port: '70000', healthPort: 'x', logLevel: 'loud', host: 'a b' })).toEqual([
      '--cert-dir is needed: folder with tls.crt and tls.key; read again whenever they change',
      '--host must be an address or a host name, not "a b"',
      '--port must be a port number from 0 (any free one) to 65535, not "70000"',
      '--health-port must be a port number, not "x"',
      '--log-level must be one of error, warn, info, debug, trace, silent, not "loud"',
    ]);
  });

  it('that look like a credential are not shown', () => {
    const token = 'sk-live-9f8e7d6c5b4a39281706f5e4';
    expect(problems({ certDir: '/c', logLevel: token, host: `https://u:${token}@h/` }).join()).not.toContain(
      '9f8e7d6c',
    );
  });

  it('name the variable when that is where the value came from', () => {
    expect(problems({ certDir: '/c' }, { VMCP_ADMISSION_SHUTDOWN_DELAY: '10' })).toEqual([
      'VMCP_ADMISSION_SHUTDOWN_DELAY must be a duration of at most 10m, e.g. 10s, not "10"',
    ]);
  });

  it.each([
    [{ catalog: 'manifests' }, '--manifests is needed with --catalog manifests: the folder to read'],
    [{ manifests: 'x' }, '--manifests is only read with --catalog manifests'],
    [
      { clientAllowedNames: 'a' },
      '--client-allowed-names needs --client-ca-file: without it, callers send no certificate',
    ],
    [
      { clientTokenAudience: 'a' },
      '--client-token-subjects is needed with --client-token-audience: any Pod can get a token for any audience',
    ],
    [{ clientTokenSubjects: 'a' }, '--client-token-subjects needs --client-token-audience'],
    [
      { clientTokenSubjects: 'a', clientTokenAudience: 'b', catalog: 'manifests', manifests: '/m' },
      '--client-token-audience needs --catalog kubernetes: the API server has the keys',
    ],
    [{ port: '8081' }, '--health-port must differ from --port'],
  ])('%j do not go together', (flags, problem) => {
    expect(problems({ certDir: '/c', ...(flags as Record<string, string>) })).toEqual([problem]);
  });

  it('that contradict each other are told beside those that are wrong themselves', () => {
    expect(
      problems({
        port: 'x',
        manifests: '/m',
        catalog: 'kubernetes',
        clientAllowedNames: 'a',
        namespaces: 'Team A',
      }),
    ).toEqual([
      '--namespaces must be a comma-separated list of namespace names, not "Team A"',
      '--cert-dir is needed: folder with tls.crt and tls.key; read again whenever they change',
      '--port must be a port number, not "x"',
      '--manifests is only read with --catalog manifests',
      '--client-allowed-names needs --client-ca-file: without it, callers send no certificate',
    ]);
  });

  it.each([
    ['VMCP_ADMISSION_CLIENT_CA', 'did you mean VMCP_ADMISSION_CLIENT_CA_FILE?'],
    ['VMCP_ADMISSION_SHUTDOWN_DELY', 'did you mean VMCP_ADMISSION_SHUTDOWN_DELAY?'],
    ['VMCP_ADMISSION_QQ', '`vmcp-admission serve --help` lists all'],
  ])('refuse the unknown variable %s: it is most likely misspelt', (name, hint) => {
    expect(problems({ certDir: '/c' }, { [name]: '/x' })).toEqual([`unknown variable ${name}; ${hint}`]);
  });

  it('that can be used are returned beside the problems', () => {
    const read = readSettings({ certDir: '/c', port: 'x' }, {});
    expect(read).toMatchObject({ ok: false, usable: { certDir: '/c', healthPort: 8081 } });
  });

  it('are not confused by the variables that Kubernetes makes for our own Services', () => {
    const links = {
      VMCP_ADMISSION_SERVICE_HOST: '10.0.0.1',
      VMCP_ADMISSION_SERVICE_PORT: '443',
      VMCP_ADMISSION_SERVICE_PORT_WEBHOOK: '443',
      VMCP_ADMISSION_PORT: 'tcp://10.0.0.1:443',
      VMCP_ADMISSION_PORT_443_TCP: 'tcp://10.0.0.1:443',
      VMCP_ADMISSION_PORT_443_TCP_PROTO: 'tcp',
      VMCP_ADMISSION_PORT_443_TCP_PORT: '443',
      VMCP_ADMISSION_PORT_443_TCP_ADDR: '10.0.0.1',
      VMCP_ADMISSION_METRICS_SERVICE_HOST: '10.0.0.2',
      VMCP_ADMISSION_METRICS_PORT: 'tcp://10.0.0.2:8081',
    };
    expect(settings({ certDir: '/c' }, links).port).toBe(8443);
  });
});
