// What is asked of the thread that mappings run in, and what it tells.

export type Bounds = { readonly timeoutMs: number };

export type Asked = { readonly text: string; readonly input: unknown };

/** `late`: it took too long, and might not another time; `wrong`: it never will be right. */
export type Told =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly why: 'wrong' | 'late' | 'busy'; readonly detail: string };
