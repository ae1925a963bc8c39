// What was asked of a language model about an incident, and what it cost.

import { html } from 'hono/html';
import type { ModelTurnRecord } from '../../ports/model-turns.ts';
import type { Html } from '../view.ts';
import { plural } from '../words.ts';

/** Nothing when no model was asked. */
export function modelCost(turns: readonly ModelTurnRecord[]): Html | '' {
  if (turns.length === 0) return '';
  const sum = (of: (turn: ModelTurnRecord) => number | null) =>
    turns.reduce((total, turn) => total + (of(turn) ?? 0), 0);
  const models = [...new Set(turns.map(({ provider, model }) => `${provider}/${model}`))];
  const usd = sum((turn) => turn.usd);
  return html`<p class="model-cost muted">A language model was asked ${plural(turns.length, 'time')} (<span class="id">${models.join(', ')}</span>): ${sum((turn) => turn.inputTokens)} tokens in, ${sum((turn) => turn.outputTokens)} out, ${usd === 0 ? 'no cost' : `$${usd < 0.01 ? usd.toPrecision(2) : usd.toFixed(2)}`}.</p>`;
}
