// Every metric Sentinel has of itself: name, sort, help, labels. A name that is not here is a bug at the caller.
// Base units are seconds and bytes; counters end in _total. Labels come from closed sets, never from telemetry.

export type MetricSpec = {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
};

const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const incidentSeconds = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400];

export const metricTable = {
  // The REST API
  sentinel_http_request_duration_seconds: {
    kind: 'histogram',
    help: 'Time to answer a request, by route pattern.',
    labels: ['route', 'method', 'status'],
    buckets: requestSeconds,
  },
  sentinel_auth_failures_total: {
    kind: 'counter',
    help: 'Requests refused for who sent them: missing, malformed, unknown, foreign-page, role-too-low.',
    labels: ['reason'],
  },
  sentinel_rate_limited_total: {
    kind: 'counter',
    help: 'Requests refused because there were too many: key, address, events, telemetry.',
    labels: ['limit'],
  },
  sentinel_approval_decisions_total: {
    kind: 'counter',
    help: 'Decisions on plans by people: recorded, repeated, or the reason of the refusal.',
    labels: ['decision', 'result'],
  },
  sentinel_temporal_payloads_refused_total: {
    kind: 'counter',
    help: 'Data from Temporal that was not taken, replays included: unsigned, unknown-key, altered, foreign.',
    labels: ['reason'],
  },
  sentinel_incidents_without_workflow: {
    kind: 'gauge',
    help: 'Incidents that were open by the record and had no workflow at the latest look.',
    labels: [],
  },
  sentinel_incident_restarts_total: {
    kind: 'counter',
    help: 'Workflows started again for open incidents: resumed from the record, or handed over to a person.',
    labels: ['result'],
  },
  sentinel_stops_undelivered: {
    kind: 'gauge',
    help: 'Take-overs and aborts of open incidents whose workflow has not heard of them yet; the gate obeys them already.',
    labels: [],
  },
  sentinel_rollbacks_unstarted: {
    kind: 'gauge',
    help: 'Rollbacks that enough people have asked for and that have no workflow yet.',
    labels: [],
  },
  sentinel_settlements_untold: {
    kind: 'gauge',
    help: 'Settled effects that are not in the record of their incident yet; their targets are free already.',
    labels: [],
  },
  sentinel_decisions_undelivered: {
    kind: 'gauge',
    help: 'Recorded decisions whose workflow has not heard of them yet.',
    labels: [],
  },
  sentinel_stream_readers: {
    kind: 'gauge',
    help: 'Readers of live events (pages, command lines) that this process serves now.',
    labels: [],
  },
  sentinel_stream_readers_ended_total: {
    kind: 'counter',
    help: 'Readers of live events that are served no more: gone, too-slow, revoked, shutdown.',
    labels: ['reason'],
  },
  sentinel_decision_redeliveries_total: {
    kind: 'counter',
    help: 'Attempts to hand over a recorded decision again.',
    labels: ['result'],
  },
  // Ingest
  sentinel_ingest_requests_total: {
    kind: 'counter',
    help: 'Requests with telemetry or events, by answer.',
    labels: ['route', 'status'],
  },
  sentinel_ingest_observations_total: {
    kind: 'counter',
    help: 'Metric points, log records and spans accepted.',
    labels: ['signal'],
  },
  sentinel_ingest_rejected_total: {
    kind: 'counter',
    help: 'Observations and requests refused, by reason.',
    labels: ['signal', 'reason'],
  },
  sentinel_ingest_adjusted_total: {
    kind: 'counter',
    help: 'Observations accepted after something in them was cut or corrected.',
    labels: ['signal', 'note'],
  },
  sentinel_ingest_events_total: {
    kind: 'counter',
    help: 'Change and alert events by outcome: accepted, duplicate or refused.',
    labels: ['outcome'],
  },
  sentinel_ingest_anomalies_total: {
    kind: 'counter',
    help: 'Anomalies found, firing and cleared.',
    labels: ['signal', 'state'],
  },
  sentinel_ingest_anomalies_waiting: {
    kind: 'gauge',
    help: 'Anomalies found but not yet in the durable inbox.',
    labels: [],
  },
  sentinel_ingest_anomalies_dropped_total: {
    kind: 'counter',
    help: 'Anomalies given up because the inbox could not be written for too long.',
    labels: [],
  },
  sentinel_history_rows_waiting: {
    kind: 'gauge',
    help: 'Rows of telemetry history not yet written.',
    labels: [],
  },
  sentinel_history_rows_dropped_total: {
    kind: 'counter',
    help: 'Rows of telemetry history given up because the store could not be written for too long.',
    labels: [],
  },
  sentinel_inbox_item_seconds: {
    kind: 'histogram',
    help: 'From taking an item of the durable inbox to its outcome.',
    labels: ['outcome'],
    buckets: requestSeconds,
  },
  sentinel_inbox_items_total: {
    kind: 'counter',
    help: 'Items of the durable inbox worked on, by outcome (retry and dead among them).',
    labels: ['outcome'],
  },
  sentinel_kafka_lag: {
    kind: 'gauge',
    help: 'Records that wait, per partition: of those assigned to this process; of all, while it cannot read.',
    labels: ['topic', 'partition'],
  },
  sentinel_kafka_records_total: {
    kind: 'counter',
    help: 'Records read, those delivered again among them.',
    labels: ['topic'],
  },
  sentinel_kafka_retries_total: {
    kind: 'counter',
    help: 'Times that records were tried again because what they led to could not be stored.',
    labels: ['topic'],
  },
  sentinel_kafka_restarts_total: {
    kind: 'counter',
    help: 'Times that reading the topics ended by an error and was begun again.',
    labels: [],
  },
  sentinel_kafka_replays_ignored_total: {
    kind: 'counter',
    help: 'Records ignored because another one was taken for the same replayed dead letter.',
    labels: ['topic'],
  },
  sentinel_kafka_dead_letters_total: {
    kind: 'counter',
    help: 'Records that went to the dead-letter topic, by reason.',
    labels: ['topic', 'reason'],
  },
  sentinel_clock_set_back_total: {
    kind: 'counter',
    help: 'Times that the clock of this process was set back, and detection rebuilt from history.',
    labels: [],
  },
  sentinel_watched_readings_total: {
    kind: 'counter',
    help: 'Times that a watched system was asked what its targets do: read, failed.',
    labels: ['name', 'result'],
  },
  sentinel_watched_events_dropped_total: {
    kind: 'counter',
    help: 'Alerts and changes of watched systems that were dropped: too-many, inbox-away.',
    labels: ['reason'],
  },
  sentinel_detection_dropped_total: {
    kind: 'counter',
    help: 'Observations the detection engine dropped, by reason.',
    labels: ['reason'],
  },
  // Sentinel's own lag
  sentinel_own_lag_seconds: {
    kind: 'gauge',
    help: 'How far this process is behind: event-loop, ingest, telemetry-age, postgres, clickhouse, inbox.',
    labels: ['measure'],
  },
  sentinel_own_cpu_wait_ratio: {
    kind: 'gauge',
    help: 'Share of the time that this process waited for a CPU.',
    labels: [],
  },
  sentinel_overloaded: {
    kind: 'gauge',
    help: '1 while this process is overloaded; nothing is done without a person then.',
    labels: [],
  },
  // Incidents
  sentinel_incidents_total: { kind: 'counter', help: 'Incidents closed, by outcome.', labels: ['outcome'] },
  sentinel_incidents_opened_total: { kind: 'counter', help: 'Incidents opened.', labels: ['severity'] },
  sentinel_incident_detection_seconds: {
    kind: 'histogram',
    help: 'From the onset of the first anomaly to the opening of the incident.',
    labels: [],
    buckets: incidentSeconds,
  },
  sentinel_incident_duration_seconds: {
    kind: 'histogram',
    help: 'From the opening of an incident to its close, by outcome.',
    labels: ['outcome'],
    buckets: incidentSeconds,
  },
  sentinel_model_consultations_total: {
    kind: 'counter',
    help: 'What a language model said of a diagnosis: agrees, disagrees, doubts, explains, nothing, unavailable.',
    labels: ['relation'],
  },
  sentinel_model_turn_seconds: {
    kind: 'histogram',
    help: 'Time a model took for one call, by provider and outcome.',
    labels: ['provider', 'outcome'],
    buckets: [0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120],
  },
  sentinel_model_tokens_total: {
    kind: 'counter',
    help: 'Tokens of models, by provider and direction (input, output).',
    labels: ['provider', 'direction'],
  },
  sentinel_model_cost_usd_total: {
    kind: 'counter',
    help: 'What models cost, in US dollars at the configured prices.',
    labels: ['provider'],
  },
  sentinel_model_fallbacks_total: {
    kind: 'counter',
    help: 'Times the next provider was asked, by the one that failed and why.',
    labels: ['provider', 'reason'],
  },
  sentinel_model_over_budget_total: {
    kind: 'counter',
    help: 'Calls to models that were not made, by the budget that was used up.',
    labels: ['budget'],
  },
  sentinel_model_dropped_claims_total: {
    kind: 'counter',
    help: "Parts of models' answers that were dropped, by reason.",
    labels: ['reason'],
  },
  sentinel_gate_refusals_total: {
    kind: 'counter',
    help: 'Effects the gate refused, by reason.',
    labels: ['reason'],
  },
  sentinel_effects_total: {
    kind: 'counter',
    help: 'Effects on the outside world by action and result.',
    labels: ['action', 'result'],
  },
  sentinel_verifications_total: {
    kind: 'counter',
    help: 'Answers to "is the symptom gone?".',
    labels: ['outcome'],
  },
  // Notifications
  sentinel_notifications_total: {
    kind: 'counter',
    help: 'Deliveries to a channel: delivered, retry, blocked (a person must repair it), refused.',
    labels: ['channel', 'result'],
  },
  sentinel_slack_requests_total: {
    kind: 'counter',
    help: 'Requests from Slack: taken, or why not (unsigned, not-current, forged, replayed, foreign, malformed, too-large, late).',
    labels: ['result'],
  },
  sentinel_notifications_waiting: {
    kind: 'gauge',
    help: 'Incidents whose latest a channel has not been told yet.',
    labels: ['channel'],
  },
  sentinel_policy_verdicts_total: {
    kind: 'counter',
    help: 'What policy said of plans.',
    labels: ['verdict'],
  },
} as const satisfies Readonly<Record<string, MetricSpec>>;
