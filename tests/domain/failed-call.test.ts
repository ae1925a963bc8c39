import { describe, expect, test } from 'vitest';
import { callFailed, type FailureAttributes, type SpanStatus } from '../../domain/failed-call.ts';

type Row = [FailureAttributes, SpanStatus, { server: boolean; client: boolean }];
const both = { server: true, client: true };
const neither = { server: false, client: false };
const clientOnly = { server: false, client: true };

describe('whether a call failed', () => {
  test.each<Row>([
    [{}, 'unset', neither],
    [{}, 'error', both],
    // A 5xx whatever the status says, by both names, as text with spaces too.
    [{ 'http.response.status_code': '503' }, 'unset', both],
    [{ 'http.status_code': '503' }, 'unset', both],
    [{ 'http.status_code': ' 500 ' }, 'ok', both],
    [{ 'http.response.status_code': '200', 'http.status_code': '503' }, 'unset', neither],
    // A 4xx is its caller's.
    [{ 'http.response.status_code': '404' }, 'unset', clientOnly],
    [{ 'http.response.status_code': '404', 'error.type': '404' }, 'unset', clientOnly],
    [{ 'http.response.status_code': '404' }, 'ok', neither],
    [{ 'http.response.status_code': '404' }, 'error', both],
    [{ 'http.response.status_code': '200' }, 'unset', neither],
    [{ 'http.response.status_code': '200' }, 'error', both],
    [{ 'http.response.status_code': '200', 'error.type': 'timeout' }, 'unset', both],
    // No status at all, or none that HTTP knows.
    [{ 'http.response.status_code': '0', 'error.type': 'ECONNREFUSED' }, 'unset', both],
    [{ 'http.response.status_code': 'n/a' }, 'unset', neither],
    // gRPC, by number and by every spelling of the name.
    [{ 'rpc.grpc.status_code': '0' }, 'unset', neither],
    [{ 'rpc.grpc.status_code': '14' }, 'unset', both],
    [{ 'rpc.grpc.status_code': 'UNAVAILABLE' }, 'unset', both],
    [{ 'rpc.grpc.status_code': 'Unavailable' }, 'unset', both],
    [{ 'rpc.response.status_code': 'DEADLINE_EXCEEDED' }, 'unset', both],
    [{ 'rpc.response.status_code': 'DeadlineExceeded' }, 'unset', both],
    [{ 'rpc.connect_rpc.error_code': 'data_loss' }, 'unset', both],
    [{ 'rpc.grpc.status_code': '5' }, 'unset', clientOnly],
    [{ 'rpc.grpc.status_code': 'NOT_FOUND' }, 'unset', clientOnly],
    [{ 'rpc.grpc.status_code': '1' }, 'unset', clientOnly],
    [{ 'rpc.connect_rpc.error_code': 'canceled' }, 'unset', clientOnly],
    [{ 'rpc.grpc.status_code': '16' }, 'unset', clientOnly],
    [{ 'rpc.grpc.status_code': '99' }, 'unset', neither],
    // An error that is named.
    [{ 'error.type': 'java.net.UnknownHostException' }, 'unset', both],
    [{ 'error.type': 'timeout' }, 'ok', neither],
    [{ error: 'true' }, 'unset', both],
    [{ error: 'false' }, 'unset', neither],
  ])('%j with status %s', (attributes, status, expected) => {
    expect({
      server: callFailed('server', status, attributes),
      client: callFailed('client', status, attributes),
    }).toEqual(expected);
  });

  test('every gRPC code: the server is at fault for six of them', () => {
    const at = (code: number) => callFailed('server', 'unset', { 'rpc.grpc.status_code': String(code) });
    expect(Array.from({ length: 17 }, (_, code) => code).filter(at)).toEqual([2, 4, 12, 13, 14, 15]);
  });
});
