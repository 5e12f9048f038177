import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { describeOnCluster } from './harness/cluster.ts';

/** An entry that nothing is wrong with but what `spec` says. */
function entry(namespace: string, name: string, spec: Readonly<Record<string, unknown>> = {}) {
  return {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: { name, namespace },
    spec: {
      remoteUrl: 'https://mcp.example.com/mcp',
      transport: 'streamable-http',
      groupRef: { name: 'team' },
      ...spec,
    },
  };
}

const group = (namespace: string) => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPGroup',
  metadata: { name: 'team', namespace },
  spec: {},
});

const LOOPBACK = { remoteUrl: 'http://localhost/mcp' };
const CREATED = /^mcpserverentry\.toolhive\.stacklok\.dev\/\S+ created/;

describeOnCluster('what kubectl prints', ({ kubectl, newNamespace }) => {
  it('is nothing but the usual line for an entry that is right', async () => {
    const namespace = await newNamespace();
    await kubectl.apply([group(namespace)]);
    await kubectl.ok([
      ...['patch', 'mcpgroup', 'team', '-n', namespace, '--subresource=status', '--type=merge'],
      ...['-p', '{"status":{"phase":"Ready"}}'],
    ]);
    await expect
      .poll(() => kubectl.apply([entry(namespace, 'good')], '--dry-run=server'), { timeout: 30_000 })
      .toEqual({
        code: 0,
        stdout: 'mcpserverentry.toolhive.stacklok.dev/good created (server dry run)\n',
        stderr: '',
      });
  });

  it('names field and problem on one line when one thing is wrong', async () => {
    const namespace = await newNamespace();
    const { code, stderr } = await kubectl.apply([entry(namespace, 'bad', LOOPBACK)]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^The MCPServerEntry "bad" is invalid: spec\.remoteUrl: Invalid value: "http:\/\/localhost\/mcp": .*localhost/m,
    );
  });

  it('names each field on a line of its own when several things are wrong', async () => {
    const namespace = await newNamespace();
    const { code, stderr } = await kubectl.apply([
      entry(namespace, 'bad', { ...LOOPBACK, caBundleRef: { configMapRef: { name: 'ca', key: 'a..b' } } }),
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The MCPServerEntry "bad" is invalid: *$/m);
    expect(stderr).toMatch(/^\* spec\.remoteUrl: Invalid value: "http:\/\/localhost\/mcp": /m);
    expect(stderr).toMatch(/^\* spec\.caBundleRef\.configMapRef\.key: .*"?a\.\.b/m);
  });

  it('carries everything when two objects are applied at once', async () => {
    const namespace = await newNamespace();
    const { code, stderr } = await kubectl.apply([
      entry(namespace, 'first', LOOPBACK),
      entry(namespace, 'second', { remoteUrl: 'http://169.254.169.254/' }),
    ]);
    expect(code).toBe(1);
    const denials = stderr.split('\n').filter((line) => line.startsWith('Error from server (Invalid)'));
    expect(denials).toHaveLength(2);
    expect(denials[0]).toMatch(
      /admission webhook "validate\.vmcp-admission\.dev" denied the request: spec\.remoteUrl: .*localhost/,
    );
    expect(denials[1]).toMatch(/denied the request: spec\.remoteUrl: .*169\.254\.169\.254/);
  });

  it('prints the same denial for a server-side dry run and for server-side apply', async () => {
    const namespace = await newNamespace();
    for (const flag of ['--dry-run=server', '--server-side']) {
      const { code, stderr } = await kubectl.apply([entry(namespace, 'bad', LOOPBACK)], flag);
      expect(code).toBe(1);
      expect(stderr).toMatch(/The MCPServerEntry "bad" is invalid: spec\.remoteUrl: Invalid value/);
    }
    expect((await kubectl.run(['get', 'mcpentry', '-n', namespace])).stderr).toContain('No resources found');
  });

  it('warns about a group that does not exist yet, and creates the entry', async () => {
    const namespace = await newNamespace();
    const { code, stdout, stderr } = await kubectl.apply([entry(namespace, 'early')]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(CREATED) });
    expect(stderr).toMatch(/^Warning: spec\.groupRef\.name: .*"team"/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('judges the deprecated version alike', async () => {
    const namespace = await newNamespace();
    const old = { ...entry(namespace, 'old', LOOPBACK), apiVersion: 'toolhive.stacklok.dev/v1alpha1' };
    const { code, stderr } = await kubectl.apply([old]);
    expect(code).toBe(1);
    expect(stderr).toContain('Warning: toolhive.stacklok.dev/v1alpha1 is deprecated; use v1beta1');
    expect(stderr).toMatch(/The MCPServerEntry "old" is invalid: spec\.remoteUrl: Invalid value/);
  });
});

describeOnCluster('an entry that was stored before the webhook was there', ({ kubectl }) => {
  const inPlace = ['mcpentry', 'loopback', '-n', 'stored-before'];

  it('can be labelled: its old sin is a warning', async () => {
    const { code, stdout, stderr } = await kubectl.run(['label', ...inPlace, 'touched=yes', '--overwrite']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('labeled') });
    expect(stderr).toMatch(/^Warning: spec\.remoteUrl: .*localhost/m);
  });

  it('cannot be changed into another sin', async () => {
    const patch = JSON.stringify({ spec: { remoteUrl: 'http://127.0.0.1/mcp' } });
    const { code, stderr } = await kubectl.run(['patch', ...inPlace, '--type=merge', '-p', patch]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/spec\.remoteUrl: Invalid value: "http:\/\/127\.0\.0\.1\/mcp"/);
  });

  it('cannot be made Valid', async () => {
    const patch = JSON.stringify({ status: { phase: 'Valid' } });
    const { code, stderr } = await kubectl.run([
      ...['patch', ...inPlace, '--subresource=status', '--type=merge', '-p', patch],
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/status\.phase: /);
  });

  it('can be deleted, also while a finalizer holds it', async () => {
    const held = ['mcpentry', 'finalized', '-n', 'stored-before'];
    expect(await kubectl.run(['delete', ...held, '--wait=false'])).toMatchObject({ code: 0 });
    const freed = await kubectl.run([
      'patch',
      ...held,
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    ]);
    expect(freed).toMatchObject({ code: 0 });
    expect((await kubectl.run(['get', ...held])).stderr).toContain('NotFound');
  });
});

describeOnCluster('the status of an entry', ({ kubectl, newNamespace }) => {
  const patchStatus = (namespace: string, name: string, status: object) =>
    kubectl.run([
      ...['patch', 'mcpentry', name, '-n', namespace, '--subresource=status', '--type=merge'],
      ...['-p', JSON.stringify({ status })],
    ]);

  it('can become Valid when the spec is right', async () => {
    const namespace = await newNamespace();
    await kubectl.apply([entry(namespace, 'good')]);
    const result = await patchStatus(namespace, 'good', { phase: 'Valid', observedGeneration: 1 });
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('patched') });
  });

  it('cannot claim to be of a generation that does not exist', async () => {
    const namespace = await newNamespace();
    await kubectl.apply([entry(namespace, 'good')]);
    const { code, stderr } = await patchStatus(namespace, 'good', { phase: 'Valid', observedGeneration: 7 });
    expect(code).toBe(1);
    expect(stderr).toMatch(/status\.observedGeneration: Invalid value/);
  });
});

describeOnCluster('the deletion of a group', ({ kubectl, newNamespace }) => {
  it('is never blocked, and names the members', async () => {
    const namespace = await newNamespace();
    await kubectl.ok(['apply', '-f', '-'], [group(namespace), entry(namespace, 'member')]);
    // The webhook learns of the member through its watch: asked again until it has.
    await expect
      .poll(() => kubectl.run(['delete', 'mcpgroup', 'team', '-n', namespace, '--dry-run=server']), {
        timeout: 30_000,
      })
      .toMatchObject({ code: 0, stderr: expect.stringMatching(/^Warning: .*member/) });
    expect(await kubectl.run(['delete', 'mcpgroup', 'team', '-n', namespace])).toMatchObject({ code: 0 });
  });
});

describeOnCluster('the deletion of a member', ({ kubectl, newNamespace }) => {
  const vmcp = (namespace: string) => ({
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'VirtualMCPServer',
    metadata: { name: 'team', namespace },
    spec: {
      groupRef: { name: 'team' },
      incomingAuth: { type: 'anonymous' },
      outgoingAuth: { source: 'inline' },
    },
  });

  it('says which vMCP no longer serves it, in a dry run and for real, and nothing to a controller', async () => {
    const namespace = await newNamespace();
    const inPlace = ['mcpentry', 'search', '-n', namespace];
    await kubectl.ok(['apply', '-f', '-'], [group(namespace), vmcp(namespace), entry(namespace, 'search')]);
    const status = JSON.stringify({ status: { phase: 'Valid', observedGeneration: 1 } });
    await kubectl.ok(['patch', ...inPlace, '--subresource=status', '--type=merge', '-p', status]);
    const said =
      'Warning: metadata.name: vMCP "team" will no longer serve search; it will serve nothing [vmcp-backends-change]\n';
    await expect
      .poll(() => kubectl.run(['delete', ...inPlace, '--dry-run=server']), { timeout: 30_000 })
      .toMatchObject({ code: 0, stderr: said });
    const controller = '--as=system:serviceaccount:kube-system:namespace-controller';
    const byController = ['delete', ...inPlace, controller];
    expect(await kubectl.run([...byController, '--dry-run=server'])).toMatchObject({ code: 0, stderr: said });
    expect(await kubectl.run(byController)).toMatchObject({ code: 0, stderr: '' });
    await kubectl.ok(['apply', '-f', '-'], [entry(namespace, 'search')]);
    await kubectl.ok(['patch', ...inPlace, '--subresource=status', '--type=merge', '-p', status]);
    expect(await kubectl.run(['delete', ...inPlace])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('vMCP "team" will no longer serve search'),
    });
  });
});

describeOnCluster('the audit log of the API server', ({ kubectl, newNamespace, until, auditLog }) => {
  it('says which rules decided, and where they are explained', async () => {
    const namespace = await newNamespace();
    await kubectl.apply([entry(namespace, 'bad', LOOPBACK)]);
    const event = await until('the event is in the log', async () => {
      const lines = (await readFile(auditLog, 'utf8')).split('\n').filter((line) => line.includes(namespace));
      return lines.map((line) => JSON.parse(line)).find(({ verb }) => verb === 'create');
    });
    expect(event).toMatchObject({
      responseStatus: { code: 422, reason: 'Invalid' },
      annotations: {
        'validate.vmcp-admission.dev/rules': expect.stringContaining('remote-url-blocked-host'),
        'validate.vmcp-admission.dev/docs': expect.stringContaining('docs/rules/remote-url-blocked-host.md'),
      },
    });
  });
});
