// What a vendor of language models says of itself: the keys of its configuration, its secrets, how a model is made from both, and
// how `doctor` looks at it. adapters/models.ts lists the vendors.

import type { z } from 'zod';
import type { LanguageModel } from '../activities/ports.ts';
import type { Finding } from '../domain/doctor.ts';
import type { Vector } from '../domain/memory/port.ts';
import type { InClearText, SecretsOf, SecretVariables } from './vendor.ts';

/** What every configured model has, whatever the vendor. */
export type AskedModel = {
  readonly name: string;
  /** As the vendor spells it. */
  readonly model: string;
  readonly timeoutMs: number;
  /** How the shape of the answer is asked for beside the prompt; not every server takes a schema. */
  readonly structuredOutput: 'schema' | 'json' | 'none';
  /** US dollars per million tokens. */
  readonly prices: { readonly input: number; readonly output: number };
};

export type Embeds = (texts: readonly string[]) => Promise<readonly Vector[]>;

export type ModelParts<Settings, Secrets> = {
  /** Asks nothing yet. */
  create(settings: Settings & AskedModel, secrets: Secrets): LanguageModel;
  /** For vendors that have embeddings: vectors of texts by one of its models. Throws when it cannot. */
  embedding?(settings: Settings & AskedModel, secrets: Secrets, model: string): Embeds;
  /** What stands in the way of asking it. Costs nothing there; never throws. */
  doctor(settings: Settings & AskedModel, secrets: Secrets): Promise<Finding>;
};

export type ModelVendor<
  Settings extends z.ZodObject = z.ZodObject,
  Secrets extends SecretVariables = SecretVariables,
> = {
  /** Of the value of `type`, for the reference of the configuration. */
  readonly typeMeans: string;
  readonly about: string;
  /** Its own keys; `name`, `model`, `timeout`, prices and the like belong to every model. */
  readonly settings: Settings;
  readonly secrets: Secrets;
  /** Null when nothing crosses the network unencrypted. */
  clearText(settings: z.output<Settings>): InClearText | null;
  /** Loaded when one is configured: an SDK that nobody uses costs nothing. */
  load(): Promise<ModelParts<z.output<Settings>, SecretsOf<Secrets>>>;
};
