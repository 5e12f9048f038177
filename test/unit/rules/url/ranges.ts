const ipv4 = (n: number) => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');
export const ipv4Number = (text: string) => text.split('.').reduce((n, part) => n * 256 + Number(part), 0);

const MAX6 = (1n << 128n) - 1n;
function ipv6(n: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((n >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  return groups.join(':');
}
function ipv6Number(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? [] : Array(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].reduce((n, group) => (n << 16n) | BigInt(`0x${group}`), 0n);
}

/** First, second, middle and last address of a range, and its neighbours on both sides. */
export function edges4(cidr: string): { inside: string[]; outside: string[] } {
  const [base = '', bits] = cidr.split('/');
  const [first, size] = [ipv4Number(base), 2 ** (32 - Number(bits))];
  const last = first + size - 1;
  return {
    inside: [...new Set([first, Math.min(first + 1, last), first + Math.floor(size / 2), last])].map(ipv4),
    outside: [first - 1, last + 1].filter((n) => n >= 0 && n < 2 ** 32).map(ipv4),
  };
}
export function edges6(cidr: string): { inside: string[]; outside: string[] } {
  const [base = '', bits] = cidr.split('/');
  const first = ipv6Number(base);
  const last = first + (1n << BigInt(128 - Number(bits))) - 1n;
  return {
    inside: [...new Set([first, first + (last - first) / 2n, last])].map(ipv6),
    outside: [first - 1n, last + 1n].filter((n) => n >= 0n && n <= MAX6).map(ipv6),
  };
}
