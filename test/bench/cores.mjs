import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Which cores the server, the one client that is measured, and whoever else takes part may use; undefined where
 * processes can't be bound to a core, or there is only one.
 */
export function chooseCores() {
  if (spawnSync('taskset', ['-V']).status !== 0) return undefined;
  const cores = allowedCores();
  if (cores.length < 2) return undefined;
  const [server, ...others] = cores;
  const client = others.pop();
  return {
    server: String(server),
    client: String(client),
    others: (others.length ? others : cores).join(),
  };
}

/** A command, bound to cores where they are named. */
export function onCores(cores, command) {
  return cores === undefined ? command : ['taskset', '-c', cores, ...command];
}

function allowedCores() {
  try {
    const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return list.split(',').flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
  } catch {
    return [];
  }
}
