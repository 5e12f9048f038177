import type { SourcePage } from './sourcePages.ts';

/** A link of the navigation; the path is one of the site. */
export interface NavigationLink {
  readonly title: string;
  readonly path: string;
}

export interface NavigationGroup {
  readonly title: string;
  readonly links: readonly NavigationLink[];
}

/** Pages by group, with short names. A page of docs/ that is not named here comes last, by its title. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Start: {
    playground: 'Playground',
    'docs/install.md': 'Install',
    'docs/platforms.md': 'Platforms',
    'docs/check.md': 'Check manifests',
  },
  Use: {
    'docs/rules/README.md': 'Rules',
    'docs/injection.md': 'Injection',
    'docs/policy.md': 'Policy',
    'docs/policy-export.md': 'Rules without the webhook',
  },
  Run: {
    'docs/operate.md': 'Operate',
    'docs/audit.md': 'Audit a cluster',
    'docs/troubleshoot.md': 'Troubleshoot',
    'docs/doctor.md': 'Doctor',
    'docs/alerts.md': 'Alerts and dashboard',
    'docs/reliability.md': 'Reliability',
    'docs/performance.md': 'Performance',
  },
  Reference: {
    'deploy/helm/vmcp-admission/README.md': 'Helm chart',
    'docs/support.md': 'Versions and support',
    'docs/toolhive-versions.md': 'ToolHive releases',
    'CONTRIBUTING.md': 'Contributing',
  },
};

/** The navigation beside every page. */
export function navigation(pages: readonly SourcePage[]): NavigationGroup[] {
  const groups = Object.entries(GROUPS).map(([title, named]) => ({
    title,
    links: Object.entries(named).map(([path, name]) => ({ title: name, path })),
  }));
  const known = new Set(groups.flatMap(({ links }) => links.map(({ path }) => path)));
  const others = pages
    .filter(({ path }) => /^docs\/[^/]+$/.test(path) && !known.has(path))
    .map(({ title, path }) => ({ title: title.replace(/:.*/, ''), path }));
  return others.length === 0 ? groups : [...groups, { title: 'More', links: others }];
}
