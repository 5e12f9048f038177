// `npm run docs:chart`: writes the README of the Helm chart from the comments of its values.yaml.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHART_FOLDER, renderReadme } from './chart-docs/readme.ts';

writeFileSync(
  join(CHART_FOLDER, 'README.md'),
  renderReadme(readFileSync(join(CHART_FOLDER, 'values.yaml'), 'utf8')),
);
