interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** One log line of the server for a person: time, what, and the fields that say why. */
export function readableLine(json: string): string | undefined {
  const { level, time, msg, ...fields } = JSON.parse(json) as Line;
  const clock = new Date(time).toLocaleTimeString();
  if (msg === 'review') {
    const { webhook, outcome, operation, kind, namespace, name, user, reasons, ms } = fields;
    const why = Array.isArray(reasons) && reasons.length > 0 ? `: ${reasons.join(', ')}` : '';
    return `${clock} ${webhook} ${outcome} ${operation} ${kind} ${namespace}/${name} by ${user || 'unknown'}${why} (${ms} ms)`;
  }
  if (level === 'info' && msg !== 'stopped') return undefined;
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${clock} ${level === 'info' ? '' : `${level}: `}${[msg, ...rest].join(' ')}`;
}
