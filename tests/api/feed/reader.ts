// Reads a stream as a browser does: messages with their event, id and data.

export type Seen = { readonly event: string; readonly id: string; readonly data: unknown };

export type StreamReader = {
  /** The next message that is no comment; null when the stream has ended. */
  next(): Promise<Seen | null>;
  /** Everything up to the end. */
  rest(): Promise<readonly Seen[]>;
  /** The id a browser would come back with. */
  lastId(): string;
  comments(): number;
  cancel(): Promise<void>;
};

export function readStream(response: Response): StreamReader {
  if (response.body === null) throw new Error('no body');
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  let last = '';
  let comments = 0;

  const next = async (): Promise<Seen | null> => {
    for (;;) {
      const end = buffer.indexOf('\n\n');
      if (end === -1) {
        const { done, value } = await reader.read();
        if (done) return null;
        buffer += value;
        continue;
      }
      const lines = buffer.slice(0, end).split('\n');
      buffer = buffer.slice(end + 2);
      if (lines.every((line) => line.startsWith(':'))) comments += 1;
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field('data');
      if (data === undefined) continue;
      last = field('id') ?? last;
      return { event: field('event') ?? 'message', id: last, data: JSON.parse(data) };
    }
  };
  return {
    next,
    async rest() {
      const all: Seen[] = [];
      for (let one = await next(); one !== null; one = await next()) all.push(one);
      return all;
    },
    lastId: () => last,
    comments: () => comments,
    cancel: () => reader.cancel(),
  };
}
