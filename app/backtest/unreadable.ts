/** A file that cannot be read; the message says where and why. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
}

export function fail(message: string): never {
  throw new UnreadableFile(message);
}
