import { bind, matches, type Root, spec } from './cel.ts';
import { type CelRule, celRule } from './celRule.ts';

/** What Go's `time.ParseDuration` reads. */
const GO_DURATION = '^[-+]?(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))+$';
/** One that is short enough for CEL, which has durations of at most 290 years. */
const SHORT_DURATION = '^([0-9]{1,6}([.][0-9]{1,6})?(ns|us|ms|s|m|h)){1,4}$';
/** One that is zero or negative. */
const NOT_POSITIVE =
  '^([-+]?0|-(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))+|[+]?([0.]*0[0.]*(ns|us|µs|μs|ms|s|m|h))+)$';

/** The buckets of a rate limit, with those of its tools. */
function buckets(root: Root): string {
  const limits = [spec(root, 'rateLimiting'), spec(root, 'config', 'rateLimiting')];
  const scopes = limits.map((limit) => `[${limit}] + ${limit}.?tools.orValue([]).map(t, optional.of(t))`);
  const all = `(${scopes.join(' + ')}).filter(s, s.hasValue()).map(s, s.value())`;
  return `(${all}.map(s, s.?shared.?refillPeriod) + ${all}.map(s, s.?perUser.?refillPeriod)).filter(p, type(p.orValue(null)) == string).map(p, p.value())`;
}

/** The rules about durations. */
export const durationRules: readonly CelRule[] = [
  celRule(
    'undecodable-field',
    ['MCPServer', 'VirtualMCPServer'],
    (root) => `${buckets(root)}.filter(p, p != "0" && !${matches('p', GO_DURATION)})`,
  ),
  celRule(
    'vmcp-config-rate-limit',
    ['MCPServer', 'VirtualMCPServer'],
    (root) => `${buckets(root)}.filter(p, ${matches('p', NOT_POSITIVE)})`,
  ),
  celRule('vmcp-config-operational', ['VirtualMCPServer'], (root) => {
    const failure = spec(root, 'config', 'operational', 'failureHandling');
    // The vMCP takes 30 s for an interval of 0, and checks nothing with a time-out of 0.
    const compared = bind(
      'duration(i) == duration("0s") ? duration("30s") : duration(i)',
      'd',
      'duration(t) > duration("0s") && duration(t) >= d',
    );
    const both = `${matches('t', SHORT_DURATION)} && ${matches('i', SHORT_DURATION)} && ${compared}`;
    const broken = bind(
      `${failure}.?healthCheckTimeout.orValue("10s")`,
      't',
      bind(`${failure}.?healthCheckInterval.orValue("30s")`, 'i', both),
    );
    return `${failure}.hasValue() && ${broken} ? [[${failure}.?healthCheckTimeout.orValue("10s"), ${failure}.?healthCheckInterval.orValue("30s")]] : []`;
  }),
];
