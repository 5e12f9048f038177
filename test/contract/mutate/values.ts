/** Texts that replace a value, as YAML: every type, every spelling of it, and words that mean something somewhere. */
export const VALUES = [
  ...['null', '~', '""', 'text', '" "', 'yes', '"yes"', 'no', 'true', '"true"', 'TRUE', 'tRUE', '2024-01-01'],
  ...['0', '"0"', '-1', '5', '"5"', '1.5', '-0.5', '1e3', '0x10', '0777', '1_000', '.nan', '.inf', '12:30'],
  ...['3000000000', '-3000000000', '9300000000000000000', '99999999999999999999', '100', '1000000'],
  ...['[]', '{}', '[x]', '{x: y}', '[null]', '{x: null}', '[[x]]', '[{x: y}]', '[1, 1]', '{"": y}', '{1: y}'],
  ...['0s', '1s', '10s', '30s', '31s', '-1s', '1h30m', '1.5s', '500ms', '1d', '1 s', '9999999h', '"1m"'],
  ...['a..b', '/a/../b', '/a', 'relative/path', '"/a\\0"', '"\\u2028"', '"a b"', 'a.b', '"é"'],
  ...['Host', 'x-forwarded-for', 'authorization', 'COOKIE', 'X-A', 'x'.repeat(255), 'x'.repeat(257)],
  ...['inline', 'discovered', 'oidc', 'local', 'anonymous', 'cedar', 'none', 'entry', 'container'],
  ...['prefix', 'priority', 'manual', 'allow', 'deny', 'fail', 'best_effort', 'search', 'maps'],
  ...['unauthenticated', 'header_injection', 'token_exchange', 'upstream_inject', 'aws_sts', 'obo', 'xaa'],
  ...['tool', 'elicitation', 'forEach', 'abort', 'continue', 'retry', 'object', 'SEARCH_TOKEN', 'NOT_SET'],
  'urn:ietf:params:oauth:token-type:id_token',
] as const;

/** Names that a field gets, beside misspellings of its own. */
export const KEYS = [
  'name',
  'type',
  'backends',
  'x',
  'caBundlePath',
  'constructor',
  '__proto__',
  '',
] as const;
