// Where Sentinel listens, keeps its files and writes its logs.

import { z } from 'zod';

export const port = z.int().min(0).max(65_535);

export const serverSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to listen on. `0.0.0.0` opens it to the network.'),
    port: port.default(4500).describe('Port of the API and of telemetry over HTTP. 0 takes a free one.'),
    publicUrl: z
      .url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' })
      .optional()
      .describe('How people reach this server, for links in messages. Default: made of host and port.'),
  })
  .describe('The HTTP server.');

export const loggingSchema = z
  .strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('The least severe log line that is written.'),
  })
  .describe('Logs are JSON lines on standard error.');
