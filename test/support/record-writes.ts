import type { Socket } from 'node:net';

/**
 * What is written to a socket from now on, one text for each system call. Whoever reads from the other end can't tell:
 * what was written twice before it looks arrives as one.
 */
export function recordWrites(socket: Socket): string[] {
  const writes: string[] = [];
  const { _write, _writev } = socket as Required<Socket>;
  socket._write = (chunk, encoding, done) => {
    writes.push(textOf(chunk, encoding));
    _write.call(socket, chunk, encoding, done);
  };
  socket._writev = (chunks, done) => {
    writes.push(chunks.map(({ chunk, encoding }) => textOf(chunk, encoding)).join(''));
    _writev.call(socket, chunks, done);
  };
  return writes;
}

function textOf(chunk: unknown, encoding: BufferEncoding): string {
  return (typeof chunk === 'string' ? Buffer.from(chunk, encoding) : (chunk as Buffer)).toString();
}
