import { describe, expect, it } from 'vitest';
import { verdictOn } from './support.ts';

/** Public MCP endpoints as their vendors document them, and URLs of the same make. */
const SAAS = [
  ...['https://mcp.linear.app/sse', 'https://mcp.linear.app/mcp', 'https://mcp.notion.com/mcp'],
  ...['https://mcp.notion.com/sse', 'https://mcp.sentry.dev/mcp', 'https://mcp.sentry.dev/sse'],
  ...['https://api.githubcopilot.com/mcp/', 'https://api.githubcopilot.com/mcp/x/issues/readonly'],
  ...['https://mcp.atlassian.com/v1/sse', 'https://mcp.atlassian.com/v1/mcp', 'https://mcp.asana.com/sse'],
  ...['https://mcp.asana.com/mcp', 'https://mcp.intercom.com/mcp', 'https://mcp.paypal.com/sse'],
  ...[
    'https://mcp.paypal.com/http',
    'https://mcp.stripe.com',
    'https://mcp.stripe.com/',
    'https://mcp.squareup.com/sse',
  ],
  ...['https://mcp.webflow.com/sse', 'https://mcp.wix.com/sse', 'https://mcp.plaid.com/mcp'],
  ...['https://api.dashboard.plaid.com/mcp/sse', 'https://bindings.mcp.cloudflare.com/sse'],
  ...['https://docs.mcp.cloudflare.com/sse', 'https://observability.mcp.cloudflare.com/mcp'],
  ...['https://radar.mcp.cloudflare.com/sse', 'https://mcp.context7.com/mcp', 'https://huggingface.co/mcp'],
  ...['https://huggingface.co/mcp?login', 'https://mcp.deepwiki.com/mcp', 'https://mcp.deepwiki.com/sse'],
  ...['https://mcp.canva.com/mcp', 'https://mcp.monday.com/sse', 'https://mcp.monday.com/mcp'],
  ...[
    'https://mcp.box.com',
    'https://mcp.zapier.com/api/mcp/mcp',
    'https://mcp.zapier.com/api/mcp/s/abc123/mcp',
  ],
  ...[
    'https://mcp.hubspot.com/anthropic',
    'https://app.hubspot.com/mcp/v1/http',
    'https://mcp.figma.com/mcp',
  ],
  ...['https://mcp.vercel.com', 'https://mcp.vercel.com/team/project', 'https://mcp.supabase.com/mcp'],
  ...['https://mcp.supabase.com/mcp?project_ref=abcd&read_only=true', 'https://mcp.neon.tech/mcp'],
  ...['https://mcp.neon.tech/sse', 'https://mcp.prisma.io/mcp', 'https://mcp.apify.com/?actors=a/b,c/d'],
  ...[
    'https://mcp.apify.com/sse',
    'https://mcp.grafana.com/mcp',
    'https://mcp.datadoghq.com/api/unstable/mcp-server/mcp',
  ],
  ...['https://mcp.eu.datadoghq.com/mcp', 'https://mcp.pagerduty.com/mcp', 'https://mcp.socket.dev/'],
  ...['https://mcp.semgrep.ai/sse', 'https://mcp.semgrep.ai/mcp', 'https://mcp.globalping.dev/sse'],
  ...[
    'https://mcp.simplescraper.io/mcp',
    'https://mcp.llmtxt.dev/sse',
    'https://remote.mcpservers.org/fetch/mcp',
  ],
  ...[
    'https://remote.mcpservers.org/sequentialthinking/mcp',
    'https://gitmcp.io/owner/repo',
    'https://gitmcp.io/docs',
  ],
  ...['https://knowledge-mcp.global.api.aws', 'https://aws-mcp.us-east-1.api.aws/mcp'],
  ...[
    'https://learn.microsoft.com/api/mcp',
    'https://mcp.ai.azure.com',
    'https://api.fabric.microsoft.com/v1/mcp',
  ],
  ...[
    'https://bigquery.googleapis.com/mcp',
    'https://mapstools.googleapis.com/mcp',
    'https://developers.openai.com/mcp',
  ],
  ...['https://mcp.tavily.com/mcp/?tavilyApiKey=tvly-key', 'https://mcp.exa.ai/mcp?exaApiKey=00000000-0000'],
  ...[
    'https://server.smithery.ai/@upstash/context7-mcp/mcp',
    'https://server.smithery.ai/exa/mcp?api_key=x&profile=y',
  ],
  ...['https://mcp.composio.dev/partner/composio/gmail/mcp?customerId=1', 'https://mcp.pipedream.net/v2'],
  ...[
    'https://api.you.com/mcp',
    'https://mcp.ramp.com/mcp',
    'https://mcp.mercury.com/mcp',
    'https://mcp.stytch.dev/mcp',
  ],
  ...['https://mcp.buildkite.com/mcp', 'https://mcp.fireflies.ai', 'https://api.fireflies.ai/mcp'],
  ...['https://mcp.close.com/mcp', 'https://mcp.cloudinary.com/mcp', 'https://mcp.dodopayments.com/sse'],
  ...[
    'https://mcp.shopify.com/mcp',
    'https://my-shop.myshopify.com/api/mcp',
    'https://mcp.needle-ai.com/mcp',
  ],
  ...[
    'https://mcp.postman.com/mcp',
    'https://mcp.postman.com/minimal',
    'https://glama.ai/mcp/instances/x1y2/sse?token=t',
  ],
  ...['https://gitlab.com/api/v4/mcp', 'https://mcp.astro.build/mcp', 'https://mcp.posthog.com/mcp'],
  ...['https://mcp-eu.posthog.com/mcp', 'https://mcp.jam.dev/mcp', 'https://mcp.honeycomb.io/mcp'],
  ...['https://mcp.egnyte.com/mcp', 'https://connect.mailerlite.com/mcp', 'https://mcp.instantdb.com/mcp'],
  ...['https://ai.todoist.net/mcp', 'https://mcp.clickup.com/mcp', 'https://mcp.airtable.com/mcp'],
  ...['https://cf-mcp.example.workers.dev/sse', 'https://fn-abcdef-uc.a.run.app/mcp'],
  ...[
    'https://abc123.execute-api.eu-central-1.amazonaws.com/prod/mcp',
    'https://x.lambda-url.us-west-2.on.aws/',
  ],
  ...['https://my-app.azurewebsites.net/runtime/webhooks/mcp/sse?code=abc', 'https://app.fly.dev/mcp'],
  ...[
    'https://my-space.hf.space/gradio_api/mcp/sse',
    'https://myapp.onrender.com/mcp',
    'https://x.up.railway.app/sse',
  ],
  ...[
    'https://1234-56-78.ngrok-free.app/mcp',
    'https://x.trycloudflare.com/sse',
    'https://x.vercel.app/api/mcp',
  ],
];

/** Names that may be Services, or names of the team's own network. */
const IN_CLUSTER = [
  ...['http://mcp-server.tools/mcp'],
  ...['http://github-mcp.mcp/mcp', 'http://mcp.monitoring.svc.clusterset.local/mcp'],
  ...['http://mcp.team.svc.k8s.corp.example/mcp', 'http://host.docker.internal:3000/mcp'],
];

/** Names of Services without the cluster domain. They are allowed, with a warning unless allowPrivateEndpoint is set. */
const SERVICES = [
  ...['http://mcp-server.tools.svc/mcp', 'http://mcp-server.tools.svc:8080/sse'],
  ...['http://mcp-fetch-proxy.toolhive-system.svc:8080/mcp', 'http://gateway.istio-system.svc:15443/'],
  ...['http://web-0.web.tools.svc/mcp', 'http://server.default.svc/mcp', 'http://api.kube-system.svc/mcp'],
  ...['http://github-mcp:8080/mcp', 'http://fetch/mcp', 'http://backend:80', 'http://fetch./mcp'],
  ...['http://a', 'http://x-1', 'http://mcp_server:9000/mcp', 'http://k/mcp', 'https://a_b/mcp'],
  ...[
    'http://vault.kube-system/mcp',
    'http://mcp.team-a:8080/mcp',
    'http://mcp.ns1/',
    'http://a.b',
    'https://x.y',
  ],
];

const OWN_NETWORK = [
  ...['https://mcp.corp.internal/mcp', 'https://mcp.prod.internal:8443/mcp', 'https://printer.local/mcp'],
  ...[
    'https://nas.home.arpa/mcp',
    'https://mcp.intranet/mcp',
    'https://mcp.lan:8080/sse',
    'https://mcp.corp/mcp',
  ],
  ...[
    'https://mcp.private/mcp',
    'https://mcp.example/mcp',
    'https://mcp.test/mcp',
    'https://vmcp.consul/mcp',
  ],
  ...['https://mcp.service.consul:8500/', 'https://ip-10-0-0-1.eu-west-1.compute.internal/mcp'],
];

const FORMS = [
  ...['https://MCP.Example.COM/mcp', 'https://mcp.example.com./mcp', 'https://mcp.example.com.:8443/mcp'],
  ...['https://mcp.example.com:/mcp', 'https://mcp.example.com:443/mcp', 'http://mcp.example.com:80/'],
  ...['https://mcp.example.com:65535', 'https://mcp.example.com:1/', 'https://mcp.example.com?x=1'],
  ...['https://mcp.example.com/?', 'https://mcp.example.com//mcp', 'https://mcp.example.com/a//b/'],
  ...['https://mcp.example.com/./mcp', 'https://mcp.example.com/../mcp', 'https://mcp.example.com/a/../b'],
  ...[
    'https://mcp.example.com/@scope/pkg',
    'https://mcp.example.com/a@b',
    'https://mcp.example.com/?mail=a@b.c',
  ],
  ...[
    'https://mcp.example.com:8443/users/me@corp.example/mcp',
    'https://mcp.example.com/a:b',
    'https://mcp.example.com/a;b=c',
  ],
  ...['https://mcp.example.com/%20', 'https://mcp.example.com/%2F%2f', 'https://mcp.example.com/?q=%25'],
  ...[
    "https://mcp.example.com/!$&'()*+,;=",
    'https://mcp.example.com/~user/-_.',
    'https://mcp.example.com/[x]',
  ],
  ...[
    'https://mcp.example.com/{tenant}',
    'https://mcp.example.com/a|b',
    'https://mcp.example.com/?a[]=1&b={}',
  ],
  ...['https://mcp.example.com/http://localhost/', 'https://mcp.example.com/?url=http://169.254.169.254/'],
  ...['https://xn--bcher-kva.example/mcp', 'https://xn--80ak6aa92e.com/', 'https://mcp.xn--p1ai/mcp'],
  ...[
    'https://my_mcp.example.com/',
    'https://_mcp._tcp.example.com/',
    'https://a_b.example/mcp',
    'https://mcp-.example.com'.replace('-.', '.'),
  ],
  ...[
    'https://3com.example/',
    'https://1e100.net/mcp',
    'https://0x.example.com/',
    'https://123.example.com/mcp',
  ],
  ...[
    'https://10.example.com/',
    'https://127.example.com/',
    'https://0.example.com/',
    'https://1.2.3.4.example.com/',
  ],
  ...['https://mcp.a.b.c.d.e.f.g.example.com/', 'https://a--b.example.com/', 'https://x.yz'],
  ...[`https://mcp.example.com/${'path/'.repeat(200)}`, `https://mcp.example.com/?q=${'a'.repeat(4000)}`],
  ...['https://93.184.216.34/mcp', 'http://1.1.1.1:8080/', 'https://8.8.8.8', 'https://223.255.255.254/'],
  ...[
    'https://[2606:4700:4700::1111]/mcp',
    'https://[2a00:1450:4001:80b::200e]:8443/',
    'https://[2001:4860:4860:0:0:0:0:8888]/',
  ],
];

const ALLOWED = [...new Set([...SAAS, ...IN_CLUSTER, ...OWN_NETWORK, ...FORMS])];

describe('endpoints that people really use', () => {
  it('are more than two hundred', () => {
    expect(ALLOWED.length + SERVICES.length).toBeGreaterThan(200);
  });

  it.each(ALLOWED)('allows %s', (url) => {
    for (const allowPrivate of [false, true])
      expect(verdictOn(url, allowPrivate)).toEqual({ denied: [], warned: [] });
  });

  it.each(SERVICES)('allows %s, and warns without allowPrivateEndpoint', (url) => {
    expect(verdictOn(url, true)).toEqual({ denied: [], warned: [] });
    expect(verdictOn(url, false)).toEqual({ denied: [], warned: ['remote-url-cluster-service'] });
  });

  it.each([
    ...[
      'http://10.1.2.3:8080/mcp',
      'https://192.168.1.10/mcp',
      'http://172.16.0.1/',
      'https://[fd12:3456::1]:8443/mcp',
    ],
    ...['http://mcp.tools.svc.cluster.local:8080/mcp', 'http://mcp.tools.svc.cluster.local./mcp'],
    ...['http://mcp-fetch-proxy.toolhive.svc.cluster.local:8080/sse', 'https://10.96.0.50:6443/'],
    ...['https://[::ffff:10.0.0.1]/', 'https://[64:ff9b::10.0.0.1]/', 'https://172.31.255.254/mcp'],
  ])('allows %s with allowPrivateEndpoint', (url) => {
    expect(verdictOn(url, true)).toEqual({ denied: [], warned: [] });
    expect(verdictOn(url, false)).toEqual({ denied: ['remote-url-private'], warned: [] });
  });
});
