import { describe, expect, it } from 'vitest';
import type { Injection } from '../../../../src/injection/injector.ts';
import { configMap, documents, entry, GROUP, type Raw, selfManagedPod } from '../support/cluster.ts';
import { context, depsOf, injectPod } from '../support/fixtures.ts';

const CONFIG = 'vmcp-admission.dev/config.yaml';
const HEAD = `name: mine
groupRef: team
incomingAuth: {type: anonymous}
aggregation: {conflictResolution: prefix, conflictResolutionConfig: {prefixFormat: "{workload}_"}}
`;

/** What a self-managed Pod with a base config becomes. Injected twice, and what was injected once more: always the same. */
async function inject(text: string, objects: readonly Raw[] = []): Promise<Injection> {
  const base = configMap('team-vmcp-vmcp-config', { 'config.yaml': text });
  const deps = () => depsOf(documents([GROUP, base, ...objects]));
  const pass = (pod: unknown) => injectPod(pod, 'apps', deps(), context());
  const first = await pass(selfManagedPod());
  expect(await pass(selfManagedPod())).toEqual(first);
  expect((await pass(JSON.parse(JSON.stringify(first.pod)))).patch).toEqual([]);
  return first;
}

async function configOf(text: string, objects: readonly Raw[] = []): Promise<string | undefined> {
  const { pod } = await inject(text, objects);
  return (pod as { metadata: { annotations: Record<string, string> } }).metadata.annotations[CONFIG];
}

/** The expected answers to merges are what yaml.v3 3.0.1 decodes from the same texts. */
describe('merges in a base config', () => {
  it('are resolved in strategies, backends and metadata; a key of its own wins wherever it stands', async () => {
    const text = `${HEAD}outgoingAuth:
  source: inline
  backends:
    own:
      type: aws_sts
      awsSts:
        region: eu-west-1
        roleMappings:
          - &rm {claim: a, roleArn: arn}
          - <<: *rm
            claim: b
    two: {type: header_injection, headerInjection: &h {headerName: X-A, headerValue: v}}
    three: {type: header_injection, headerInjection: {headerName: X-B, <<: *h}}
backends:
  - &own {name: own, url: "https://own.example", transport: sse, metadata: &m {k: 1, l: yes}}
  - {<<: *own, name: two}
  - {name: three, <<: *own, url: "https://three.example", metadata: {<<: *m, k: z}}
`;
    expect(await configOf(text)).toBe(`${HEAD}outgoingAuth:
  source: "inline"
  backends:
    own:
      type: "aws_sts"
      awsSts:
        region: "eu-west-1"
        roleMappings:
          - claim: "a"
            roleArn: "arn"
          - roleArn: "arn"
            claim: "b"
    three:
      type: "header_injection"
      headerInjection:
        headerName: "X-B"
        headerValue: "v"
    two:
      type: "header_injection"
      headerInjection:
        headerName: "X-A"
        headerValue: "v"
backends:
  - name: "own"
    url: "https://own.example"
    transport: "sse"
    metadata:
      k: 1
      l: yes
  - name: "three"
    transport: "sse"
    url: "https://three.example"
    metadata:
      l: yes
      k: "z"
  - url: "https://own.example"
    transport: "sse"
    metadata:
      k: 1
      l: yes
    name: "two"
`);
  });

  it('of a list take the first mapping that has a key, and a null of its own stays', async () => {
    const text = `${HEAD}outgoingAuth: {source: inline}
backends:
  - &a {name: a, url: "https://a.example", transport: sse}
  - &b {name: b, url: "https://b.example", transport: sse, type: entry}
  - {<<: [*b, *a], name: c}
  - {<<: [{name: d}, *a, *b], type: }
`;
    expect(await configOf(text)).toBe(`${HEAD}outgoingAuth:
  source: "inline"
backends:
  - name: "a"
    url: "https://a.example"
    transport: "sse"
  - name: "b"
    url: "https://b.example"
    transport: "sse"
    type: "entry"
  - url: "https://b.example"
    transport: "sse"
    type: "entry"
    name: "c"
  - name: "d"
    url: "https://a.example"
    transport: "sse"
    type: null
`);
  });

  it('into outgoingAuth bring its source, and what they bring as backends or default is replaced', async () => {
    const text = `metadata: &m {source: inline}
${HEAD}outgoingAuth:
  <<: [*m, {backends: {gone: {type: unauthenticated}}}]
`;
    expect(await configOf(text)).toBe(`backends:
  - name: "vmcp-admission-no-servable-backend"
    url: "http://vmcp-admission-no-servable-backend.invalid/mcp"
    transport: "streamable-http"
metadata: &m {source: inline}
${HEAD}outgoingAuth:
  source: "inline"
  backends:
    "vmcp-admission-no-servable-backend":
      type: "unauthenticated"
`);
    const served = await configOf(text, [entry('e')]);
    expect(served).toContain('outgoingAuth:\n  source: "inline"\n  backends: {}\n');
  });

  it.each([
    ['an alias to a list', 'anchors: [&l [{name: a}]]\n', '{<<: *l, url: x}'],
    ['a text', '', '{<<: text, url: x}'],
    ['null', '', '{<<: , url: x}'],
  ])('of %s, which no vMCP reads, leave the Pod as it is', async (_, before, backend) => {
    const text = `${before}${HEAD}outgoingAuth: {source: inline}\nbackends: [${backend}]\n`;
    const { decision, reason, message } = await inject(text);
    expect([decision, reason]).toEqual(['skipped', 'config-unparsable']);
    expect(message).toContain('a << must merge a mapping, an alias of one, or a list of these, at line');
  });

  it('are no merges in quotes', async () => {
    const text = `${HEAD}outgoingAuth: {source: inline}
backends: [{name: a, url: "https://a.example", transport: sse, "<<": {type: entry}}]
`;
    expect((await inject(text)).report?.leftOut).toMatchObject([
      { name: 'a', message: 'backend.… is not a field that the vMCP knows' },
    ]);
  });

  it('write a default anew whose anchor was in a node that is replaced', async () => {
    const text = `${HEAD}outgoingAuth:
  source: inline
  backends: {own: &d {type: unauthenticated}}
  default: *d
`;
    expect(await configOf(text, [entry('e')])).toContain(
      'outgoingAuth:\n  source: "inline"\n  backends: {}\n  default:\n    type: "unauthenticated"\n',
    );
  });
});

describe('null in a base config', () => {
  it.each(['', ' ~', ' null', ' Null', ' NULL'])(
    'written as "%s" is the zero value of its field',
    async (none) => {
      const text = `${HEAD}outgoingAuth:
  source: inline
  backends:
    billing:
      type: token_exchange
      tokenExchange:
        tokenUrl: https://idp.example/t
        clientSecretEnv:${none}
backends:
  - name: legacy
    url: https://legacy.example/mcp
    transport: sse
    type:${none}
    caBundlePath:${none}
`;
      const { report } = await inject(text, [entry('billing')]);
      expect(report).toMatchObject({
        backends: ['billing', 'legacy'],
        leftOut: [],
        notes: [{ name: 'billing', reason: 'base-strategy-used' }],
      });
    },
  );

  it.each([
    ['tokenUrl', 'type: token_exchange, tokenExchange: {tokenUrl: , audience: x}'],
    ['headerValue', 'type: header_injection, headerInjection: {headerName: X, headerValue: ~}'],
    ['region', 'type: aws_sts, awsSts: {region: null}'],
    ['type', 'type: '],
  ])('as %s of a strategy ends a vMCP, so its backend alone is left out', async (field, strategy) => {
    const text = `${HEAD}outgoingAuth: {source: inline, backends: {billing: {${strategy}}}}\n`;
    const { report } = await inject(text, [entry('billing'), entry('other')]);
    expect(report).toMatchObject({
      backends: ['other'],
      leftOut: [
        { name: 'billing', reason: 'auth-config-incomplete', message: expect.stringContaining(field) },
      ],
    });
  });

  it.each(['null', '~'])('as the key %j is left out with its value, as by yaml.v3', async (key) => {
    const text = `${HEAD}outgoingAuth: {source: inline, backends: {${key} : {type: upstream_inject}}}
metadata: {${key} : x}
${key}: x
`;
    const { report } = await inject(text, [entry('null')]);
    expect(report).toMatchObject({ backends: ['null'], leftOut: [], notes: [] });
  });

  it.each(['{: x}', '{a: b, : x}', '\n  : x', '\n  a: b\n  : x'])(
    'as no key before a colon is refused, as by yaml.v3: %j',
    async (metadata) => {
      const text = `${HEAD}outgoingAuth: {source: inline}\nmetadata: ${metadata}\n`;
      const { reason, message } = await inject(text);
      expect(reason).toBe('config-unparsable');
      expect(message).toContain('a colon has no key before it');
    },
  );

  it('is a text in quotes, or when it is spelled otherwise', async () => {
    const text = `${HEAD}outgoingAuth: {source: inline}
backends:
  - {name: a, url: "https://a.example", transport: sse, type: "null"}
  - {name: b, url: "https://b.example", transport: sse, type: nUll}
  - {name: ~, url: "https://c.example", transport: sse}
`;
    const { report } = await inject(text, [entry('e')]);
    expect(report?.leftOut.map(({ name, message }) => [name, message])).toEqual([
      ['a', 'backend.type must be "entry" or absent'],
      ['b', 'backend.type must be "entry" or absent'],
      ['backends[2]', 'it has no name'],
    ]);
  });
});

describe('an escape in a base config', () => {
  it.each(['"a\\/b"', '"\\ud83d\\ude00"', '"\\\\\\/"', '"\\U0000d800"', '{"a\\/b": x}'])(
    'is refused when yaml.v3 does not take it: %s',
    async (value) => {
      const text = `${HEAD}outgoingAuth: {source: inline}\nmetadata: {a: ${value}}\n`;
      const { reason, message } = await inject(text);
      expect([reason, message]).toEqual(['config-unparsable', expect.stringContaining('one of JSON only')]);
    },
  );

  it.each(['"a\\\\/b"', '"/"', "'\\/'", '\\/', '"\\ud7ff"', '"\\\\ud83d"'])(
    'is no reason to refuse a text that only looks as if it had one: %s',
    async (value) => {
      const text = `${HEAD}outgoingAuth: {source: inline}\nmetadata: {a: ${value}}\n`;
      expect((await inject(text, [entry('e')])).reason).toBe('injected');
    },
  );
});

describe('unusual YAML that a vMCP reads', () => {
  const plain = `${HEAD}outgoingAuth:
  source: inline
backends:
  - {name: own, url: "https://own.example", transport: sse}
`;
  const merged = `${HEAD}outgoingAuth:
  source: "inline"
backends:
  - name: "own"
    url: "https://own.example"
    transport: "sse"
`;

  it.each([
    ['a separator at the end', `${plain}---\n`],
    ['a second document', `${plain}---\nname: other\n`],
    ['a second document that is no YAML', `${plain}---\n{{{`],
    ['tags', plain.replace('backends:\n', 'backends: !!seq\n').replace('name: own', 'name: !!str own')],
    ['a merge with its tag', plain.replace('name: own', '!!merge <<: {name: own}')],
    ['an explicit key', plain.replace('backends:\n', '? backends\n:\n')],
  ])('(%s) is merged', async (_, text) => {
    expect(await configOf(text)).toBe(merged);
  });

  it('(a byte order mark) is merged after it', async () => {
    expect(await configOf(`\ufeff${plain}`)).toBe(`\ufeff${merged}`);
  });

  it('with an anchor that would go says so', async () => {
    const text = `${plain.replace('- {', '- &own {')}x: *own\n`;
    const { reason, message } = await inject(text);
    expect(reason).toBe('config-unparsable');
    expect(message).toContain('an anchor inside its backends or outgoingAuth is used outside of them');
  });
});

describe('a name that every JavaScript object has', () => {
  it.each(['constructor', 'valueof', 'tostring'])('%s is served like any other', async (name) => {
    const { report } = await inject(`${HEAD}outgoingAuth: {source: inline}\n`, [entry(name)]);
    expect(report).toMatchObject({ backends: [name], leftOut: [] });
  });
});
