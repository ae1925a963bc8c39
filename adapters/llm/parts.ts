// What all vendors behind the AI SDK have in common, when one of them is configured.

import type { AskedModel, ModelParts } from '../model-vendor.ts';
import { reached } from '../network/reach.ts';
import { createEmbeds, type OpenEmbedding } from './embeds.ts';
import { createLanguageModel, type OpenModel } from './language-model.ts';

type Given = { readonly baseUrl?: string | undefined };
type Key = { readonly apiKey: string | null };

type Vendor<Settings> = {
  /** Where its API is, unless the configuration says otherwise. */
  readonly url: string;
  /** Default: always. */
  readonly sendsKey?: (settings: Settings) => boolean;
  /** Without it the vendor has no embeddings. */
  readonly embedding?: OpenEmbedding;
};

export function partsOf<Settings extends Given>(
  open: OpenModel,
  { url, sendsKey = () => true, embedding }: Vendor<Settings>,
): ModelParts<Settings, Key> {
  const urlOf = ({ baseUrl = url }: Settings): string => baseUrl.replace(/\/+$/, '');
  return {
    ...(embedding === undefined
      ? {}
      : {
          embedding: (settings, { apiKey }, model) => {
            const { name, timeoutMs } = settings;
            const key = sendsKey(settings) ? apiKey : null;
            return createEmbeds({ name, model, timeoutMs, baseUrl: urlOf(settings), apiKey: key }, embedding);
          },
        }),
    create(settings, { apiKey }) {
      const { name, model, timeoutMs, structuredOutput, prices } = settings;
      const asked: AskedModel = { name, model, timeoutMs, structuredOutput, prices };
      const key = sendsKey(settings) ? apiKey : null;
      return createLanguageModel({ ...asked, baseUrl: urlOf(settings), apiKey: key }, open);
    },
    doctor: (settings) =>
      // Whoever accepts connections may still refuse the key, but asking for more would cost money.
      reached(
        `Language model ${settings.name}`,
        urlOf(settings),
        `${settings.model} at `,
        'Start it, or fix its baseUrl; until then the diagnosis is statistical only.',
      ),
  };
}
