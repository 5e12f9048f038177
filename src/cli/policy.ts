import { Command } from 'commander';
import { exportCommand } from './policyExport.ts';

/** `vmcp-admission policy`: what can be done with a policy file beside running it. */
export function policyCommand(): Command {
  return new Command('policy').description('export a policy').addCommand(exportCommand());
}
