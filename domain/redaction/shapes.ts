// Secrets that are known by their shape: vendors' tokens, and addresses that are a secret as a whole.

import { tokenShapes } from './token-shapes.ts';

export const vendorToken = new RegExp(`(?<![A-Za-z0-9])(?:${tokenShapes.join('|')})`, 'g');

/** Web addresses that are a secret as a whole: who knows them may post. */
export const secretAddress =
  /(https?:\/\/(?:hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/|(?:ptb\.|canary\.)?discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/\d{5,25}\/|[\w.-]{1,80}\.webhook\.office\.com\/|api\.telegram\.org\/bot|chat\.googleapis\.com\/v1\/spaces\/|events\.pagerduty\.com\/integration\/|hooks\.zapier\.com\/hooks\/catch\/|outlook\.office(?:365)?\.com\/webhook\/))[^\s"'<>\\]{8,500}/g;
