"""Qdrant's engine behind as much of its REST API as Sentinel uses: arguments are the port and a folder for the collections."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

import qdrant_edge as edge

folder = sys.argv[2]
collections = {}
lock = threading.Lock()


class Refused(Exception):
    def __init__(self, status, error):
        self.status = status
        self.error = error


def filter_of(given):
    return edge.Filter(must=[condition_of(one) for one in given["must"]])


def condition_of(one):
    if "match" in one:
        return edge.FieldCondition(key=one["key"], match=edge.MatchValue(one["match"]["value"]))
    return edge.FieldCondition(key=one["key"], range=edge.RangeFloat(**one["range"]))


def create(name, body):
    if name in collections:
        raise Refused(409, f"Collection `{name}` already exists!")
    path = os.path.join(folder, name)
    os.makedirs(path)
    given = body["vectors"]
    distance = getattr(edge.Distance, given["distance"])
    config = edge.EdgeConfig(vectors=edge.EdgeVectorParams(size=given["size"], distance=distance))
    collections[name] = edge.EdgeShard.create(path, config)
    return True


def query(shard, body):
    found = shard.query(
        edge.QueryRequest(
            limit=body["limit"],
            query=edge.Query.Nearest(body["query"]),
            filter=filter_of(body["filter"]),
            score_threshold=body["score_threshold"],
            params=edge.SearchParams(exact=body["params"]["exact"]),
            with_payload=True,
        )
    )
    points = [{"id": str(one.id), "version": one.version, "score": one.score, "payload": one.payload} for one in found]
    return {"points": points}


def retrieve(shard, body):
    found = shard.retrieve(body["ids"], with_payload=True, with_vector=False)
    return [{"id": str(one.id), "payload": one.payload} for one in found]


def upsert(shard, body):
    points = [edge.Point(id=one["id"], vector=one["vector"], payload=one["payload"]) for one in body["points"]]
    return update(shard, edge.UpdateOperation.upsert_points(points))


def update(shard, operation):
    shard.update(operation)
    return {"operation_id": 0, "status": "completed"}


def answer(method, path, body):
    parts = path.strip("/").split("/")[1:]
    name, rest = parts[0], "/".join(parts[1:])
    if rest == "exists":
        return {"exists": name in collections}
    if method == "PUT" and rest == "":
        return create(name, body)
    shard = collections.get(name)
    if shard is None:
        raise Refused(404, f"Not found: Collection `{name}` doesn't exist!")
    if rest == "index":
        kind = getattr(edge.PayloadSchemaType, body["field_schema"].capitalize())
        return update(shard, edge.UpdateOperation.create_field_index(body["field_name"], kind))
    if rest == "points" and method == "PUT":
        return upsert(shard, body)
    if rest == "points/delete":
        return update(shard, edge.UpdateOperation.delete_points_by_filter(filter_of(body["filter"])))
    if rest == "points/query":
        return query(shard, body)
    return retrieve(shard, body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length)) if length > 0 else {}
        try:
            with lock:
                status, said = 200, {"result": answer(self.command, urlparse(self.path).path, body), "status": "ok"}
        except Refused as refused:
            status, said = refused.status, {"status": {"error": refused.error}}
        except Exception as error:  # what the engine refuses
            status, said = 400, {"status": {"error": f"Wrong input: {error}"}}
        content = json.dumps({**said, "time": 0.001}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = handle_any

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
