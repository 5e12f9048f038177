// Runs one attack of hostile.ts against a port until it is killed: `node attacker.ts INDEX PORT`.
import { ATTACKS } from './hostile.ts';

const [index, port] = process.argv.slice(2).map(Number);
const attack = ATTACKS[index ?? -1];
if (!attack || !port) process.exit(2);
await attack.run(port, new AbortController().signal);
