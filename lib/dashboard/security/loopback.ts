import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Whether an address is one of this machine. IPv4 addresses written as IPv6 ones (`::ffff:127.0.0.1`) are among them.
 *
 * @param address as a socket has it; `undefined` for a Unix socket, which a proxy may be behind.
 */
export function isLoopbackAddress(address: string | undefined): boolean {
  const family = isIP(address ?? '');
  return family !== 0 && LOOPBACK.check(address ?? '', family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Whether a `Host` header names this machine. A browser on it sends another one where a stranger's name leads here
 * (DNS rebinding).
 */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = nameOf(host ?? '');
  if (name === undefined) return false;
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return isLoopbackAddress(name);
}

/** Without port and brackets; `undefined` for what no browser sends. */
function nameOf(host: string): string | undefined {
  const [, ipv6, other] = /^(?:\[([\da-f:.]+)\]|([a-z\d.-]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return (ipv6 ?? other)?.toLowerCase();
}
