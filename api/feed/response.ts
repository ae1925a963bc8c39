// An answer that goes on: frames are made when the client is ready for them, and not before.

export type Frames = (signal: AbortSignal) => AsyncGenerator<Uint8Array, void>;

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would collect the events otherwise.
  'x-accel-buffering': 'no',
};

/** The signal ends with the frames or with the client, whichever is first. Nothing runs until somebody reads: the answer to HEAD costs nothing. */
export function streamResponse(frames: Frames, onError: (error: unknown) => void): Response {
  const gone = new AbortController();
  const generator = frames(gone.signal);
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await generator.next();
          if (!done) return controller.enqueue(value);
        } catch (error) {
          onError(error);
        }
        gone.abort();
        controller.close();
      },
      async cancel() {
        gone.abort();
        await generator.return();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers });
}
