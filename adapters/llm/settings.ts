// One model of one provider, as configured. Nothing is read from the environment: the SDK's own variables (keys, base
// URLs) would send prompts somewhere nobody configured.

type ModelProviderType = 'groq' | 'openai' | 'anthropic' | 'compatible';

export type ModelSettings = {
  readonly name: string;
  readonly type: ModelProviderType;
  readonly model: string;
  readonly baseUrl: string;
  /** Null: no key is sent (a model server of one's own). */
  readonly apiKey: string | null;
  readonly timeoutMs: number;
  /** How the shape of the answer is asked for beside the prompt; not every server takes a schema. */
  readonly structuredOutput: 'schema' | 'json' | 'none';
  readonly prices: { readonly input: number; readonly output: number };
};

/** Where each vendor's API is; of `compatible` servers the configuration says it. */
export const defaultBaseUrls: Readonly<Record<Exclude<ModelProviderType, 'compatible'>, string>> = {
  groq: 'https://api.groq.com/openai/v1',
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
};
