import { warn } from './rule.ts';

/** The check needs what injection knows, so it is beside the reviewer: `src/review/preview.ts`. */
export const backendsChangeRules = {
  'vmcp-backends-change': warn(
    'A change of the backends that vMCPs serve should be intended.',
    'MCPServerEntry',
    'MCPRemoteProxy',
    'MCPServer',
    'MCPServerEntry (status)',
    'MCPServerEntry (deletion)',
    'MCPRemoteProxy (deletion)',
    'MCPServer (deletion)',
  ),
};
