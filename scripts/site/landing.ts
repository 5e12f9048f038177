import { highlight } from './highlight.ts';
import type { SitePage } from './pageShell.ts';
import { recordCommand, recordedApply } from './recordings.ts';

function code(text: string, language: string): string {
  return `<pre tabindex="0" class="code ${language}"><code>${highlight(text.trimEnd(), language)}</code></pre>`;
}

/** The first page: what the product does, shown with what it really prints. */
export async function landingPage(): Promise<SitePage> {
  const denial = recordedApply('remote-url-blocked-host');
  const [check, diff] = await Promise.all([
    recordCommand(['check', 'examples/bad/private-address.yaml', 'examples/good']),
    recordCommand(['inject', 'examples/good', '--diff'], ['stdout']),
  ]);
  return {
    path: '',
    title: 'vmcp-admission: the admission webhook for ToolHive',
    description:
      'Denies the ToolHive objects that would stop a vMCP, and fills vMCP Pods with the backends of their group.',
    layout: 'landing',
    html: `
<h1>One bad MCP server entry must not stop your vMCP</h1>
<p class="lead">vmcp-admission is the admission webhook for <a href="https://github.com/stacklok/toolhive">ToolHive</a>’s remote MCP
servers. It says what is wrong with an object when the object is applied, and gives each vMCP Pod the backends of its group.
It never writes to the cluster.</p>
<p class="actions"><a class="button first" href="playground/">Try it in the browser</a>
<a class="button" href="docs/install.md/">Install</a></p>
<section aria-labelledby="denial">
<h2 id="denial">A mistake is denied, with the reason</h2>
<p>ToolHive accepts this entry. A vMCP would let every client call the metadata service of the cloud with the rights of its Pod.</p>
<div class="pair">${code(denial.manifest, 'yaml')}${code(denial.output, 'console')}</div>
<p>The id at the end is that of a rule. Each <a href="docs/rules/README.md/">rule</a> has a page that says why it is there and
what to do.</p>
</section>
<section aria-labelledby="review">
<h2 id="review">The same verdict in a pull request</h2>
<p>The command line judges manifests without a cluster, and prints text, SARIF, JUnit, or annotations for
<a href="docs/check.md/">GitHub and GitLab</a>.</p>
${code(check, 'console')}
</section>
<section aria-labelledby="pod">
<h2 id="pod">A vMCP Pod, before and after</h2>
<p>The operator makes a Pod that knows nothing of the entries. The webhook adds their CA bundles, credentials and backends. A
backend that cannot be served is left out, with a reason; the Pod starts with the others.</p>
${code(diff, 'diff')}
<p><a href="docs/injection.md/">Injection</a> describes each change, and every reason.</p>
</section>`,
  };
}
