"""Whether the node lives, and its figures for a monitoring program on the same machine."""

from ipaddress import ip_address

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from fedlab.node.errors import NotFoundError
from fedlab.node.web.keys import node_of

routes = web.RouteTableDef()


@routes.get("/healthz")
async def healthz(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Figures in Prometheus' text form; only for this machine, as they tell who peers are."""
    through_proxy = any(
        name.lower().startswith(("forwarded", "x-forwarded")) for name in request.headers
    )
    if through_proxy or not (request.remote and ip_address(request.remote).is_loopback):
        raise NotFoundError("there is nothing at this address", "ask from this machine itself")
    status = await node_of(request).read(node_of(request).service.status)
    registry = CollectorRegistry()
    for name, what, value in (
        ("fedlab_labs", "labs known", status.labs),
        ("fedlab_entries", "entries held", status.entries),
        ("fedlab_items", "items known", status.items),
        ("fedlab_log_size", "entries of this lab's own log", status.size),
        ("fedlab_split_views", "labs with two versions of their log", len(status.split_views)),
        ("fedlab_peers_connected", "peers", sum(peer.connected for peer in status.peers)),
    ):
        Gauge(name, what, registry=registry).set(value)
    return web.Response(body=generate_latest(registry), content_type="text/plain", charset="utf-8")
