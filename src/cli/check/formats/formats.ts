import type { Policy } from '../../../rules/policy/policy.ts';
import type { CheckReport } from '../checkReport.ts';
import { githubFormat } from './github.ts';
import { gitlabFormat } from './gitlab.ts';
import { jsonFormat } from './json.ts';
import { junitFormat } from './junit.ts';
import { markdownFormat } from './markdown.ts';
import { sarifFormat } from './sarif.ts';
import { textFormat } from './text.ts';

/** What a format may need beside the report. */
export interface FormatContext {
  readonly policy: Policy;
  /** Whether the output is a terminal with colours. */
  readonly colour: boolean;
  /** The pages of the rules as Markdown, by id; empty for a format that does not show them. */
  readonly pages: ReadonlyMap<string, string>;
}

/** The output formats of `check` by name. Each is a pure function of the report. */
export const FORMATS: Readonly<Record<string, (report: CheckReport, context: FormatContext) => string>> = {
  text: (report, { colour }) => textFormat(report, colour),
  json: jsonFormat,
  sarif: (report, { policy, pages }) => sarifFormat(report, policy, pages),
  junit: junitFormat,
  github: githubFormat,
  gitlab: gitlabFormat,
  markdown: markdownFormat,
};
