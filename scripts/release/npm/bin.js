#!/usr/bin/env node
// The command of the npm package. It runs on any Node since 14, so that an old one prints a sentence.
const required = 24;
if (Number(process.versions.node.split('.')[0]) < required) {
  process.stderr.write(
    `vmcp-admission needs Node ${required} or newer; this is ${process.version}. Install Node ${required} (https://nodejs.org), or use the container image.\n`,
  );
  process.exitCode = 2;
} else {
  import('./main.js');
}
