import ipaddr from 'ipaddr.js';

/** Labels before `pod`: the address and the namespace. */
const BEFORE_POD = 2;

/** Four decimals. A leading zero counts as decimal, as in Go before 1.17, which old DNS servers were built with. */
const DASHED_IPV4 = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/;

function dashedIpv4(label: string): string | undefined {
  const octets = DASHED_IPV4.exec(label)?.slice(1).map(Number);
  return octets?.every((octet) => octet <= 255) ? octets.join('.') : undefined;
}

function dashedIpv6(label: string): string | undefined {
  const text = label.replaceAll('-', ':');
  return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text).toString() : undefined;
}

/**
 * The addresses that the cluster's DNS may answer for a canonical name because they are written in it:
 * `<address>.<namespace>.pod[.<cluster domain>]`, with dashes for dots or colons. Empty for nearly every name.
 *
 * Source: `findPods` and `parseRequest` of CoreDNS's kubernetes plugin. With `pods insecure`, which the Corefile of
 * kubeadm has, it answers with that address whether such a Pod exists or not, and looks at no label before it. The search
 * list of a Pod completes a name that ends in `.pod`, and a cluster domain can be any name, so whatever follows counts
 * as one. A name can be read in more than one way (`a.b.pod.pod`): each address is given.
 */
export function podAddresses(host: string): readonly string[] {
  if (!host.includes('.pod')) return [];
  const labels = host.split('.');
  return labels.flatMap((label, index) => {
    const dashed = label === 'pod' ? labels[index - BEFORE_POD] : undefined;
    const address = dashed && (dashedIpv4(dashed) ?? dashedIpv6(dashed));
    return address ? [address] : [];
  });
}
