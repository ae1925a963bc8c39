/** OpenTelemetry of one replica: metrics, logs and traces over OTLP/HTTP. */
import {
  type Histogram,
  type Meter,
  SpanStatusCode,
  type Tracer,
  type UpDownCounter,
} from '@opentelemetry/api';
import { type Logger, SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ReplicaStart } from './messages.ts';
import type { Trace } from './trace.ts';

/** As SDKs send spans and logs by default. */
const longestBatchMs = 5_000;
const exportTimeoutMs = 900;
/** Boundaries that the semantic conventions advise for request durations, in seconds. */
const durationBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export type LogLevel = 'info' | 'warn' | 'error';
const severity: Record<LogLevel, SeverityNumber> = {
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};

export interface Telemetry {
  tracer: Tracer;
  meter: Meter;
  requestDuration: Histogram;
  activeRequests: UpDownCounter;
  log: (level: LogLevel, message: string, trace?: Trace) => void;
  /** While paused nothing leaves the process: the exporter is dead, the service is not. */
  pause: (paused: boolean) => void;
  shutdown: () => Promise<void>;
}

interface Exporter {
  export: (items: never, done: (result: { code: number }) => void) => void;
}

export function startTelemetry(start: ReplicaStart): Telemetry {
  const gate = { paused: false };
  const resource = resourceFromAttributes({
    'service.name': start.service,
    'service.version': start.release,
    'service.instance.id': start.taskId,
    'deployment.environment.name': start.environment,
  });
  const { otlpEndpoint, telemetryIntervalMs } = start;
  const options = (signal: string) => ({
    url: `${otlpEndpoint}/v1/${signal}`,
    timeoutMillis: exportTimeoutMs,
  });
  const batch = {
    scheduledDelayMillis: Math.min(longestBatchMs, telemetryIntervalMs),
    maxQueueSize: 8_192,
    maxExportBatchSize: 2_048,
  };

  const traces = new BasicTracerProvider({
    resource,
    spanProcessors: otlpEndpoint
      ? [new BatchSpanProcessor(gated(new OTLPTraceExporter(options('traces')), gate), batch)]
      : [],
  });
  const metrics = new MeterProvider({
    resource,
    readers: otlpEndpoint
      ? [
          new PeriodicExportingMetricReader({
            exporter: gated(new OTLPMetricExporter(options('metrics')), gate),
            exportIntervalMillis: telemetryIntervalMs,
            exportTimeoutMillis: exportTimeoutMs,
          }),
        ]
      : [],
  });
  const logs = new LoggerProvider({
    resource,
    processors: otlpEndpoint
      ? [
          new BatchLogRecordProcessor({
            exporter: gated(new OTLPLogExporter(options('logs')), gate),
            ...batch,
          }),
        ]
      : [],
  });

  const meter = metrics.getMeter('shop');
  const logger = logs.getLogger('shop');
  return {
    tracer: traces.getTracer('shop'),
    meter,
    requestDuration: meter.createHistogram('http.server.request.duration', {
      unit: 's',
      description: 'Duration of HTTP server requests.',
      advice: { explicitBucketBoundaries: durationBoundaries },
    }),
    activeRequests: meter.createUpDownCounter('http.server.active_requests', { unit: '{request}' }),
    log: (level, message, trace) => emit(logger, level, message, trace),
    pause: (paused) => {
      gate.paused = paused;
    },
    shutdown: async () => {
      await Promise.allSettled([traces.shutdown(), metrics.shutdown(), logs.shutdown()]);
    },
  };
}

function emit(logger: Logger, level: LogLevel, message: string, trace?: Trace): void {
  logger.emit({
    severityNumber: severity[level],
    severityText: level.toUpperCase(),
    body: message,
    ...(trace ? { context: trace.context } : {}),
  });
}

function gated<T extends Exporter>(exporter: T, gate: { paused: boolean }): T {
  const original = exporter.export.bind(exporter);
  exporter.export = (items, done) => (gate.paused ? done({ code: 0 }) : original(items, done));
  return exporter;
}

export { SpanStatusCode };
