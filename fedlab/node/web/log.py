"""The logs from outside: `GET /log…` as C2SP tlog-tiles, so that any such client can audit a lab.

Only what is fully held under a signed head is served: a mirror never sees a half transfer.
Source: C2SP tlog-tiles, signed-note and tlog-checkpoint.
"""

from aiohttp import web

from fedlab.node.app import Node
from fedlab.node.errors import NotFoundError
from fedlab.node.web.keys import node_of
from fedlab.protocol.checkpoint import head_note, origin
from fedlab.protocol.errors import ProtocolError
from fedlab.protocol.keys import ED25519, Verifier, format_vkey
from fedlab.protocol.limits import EPOCHS_MAX
from fedlab.protocol.replica import HeldLog
from fedlab.protocol.tiles import TILE_WIDTH, encode_bundle, parse_tile_path, tile_bytes, tile_width

routes = web.RouteTableDef()

# Full tiles never change; a partial one and the checkpoint do.
FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "no-cache"


def _held(request: web.Request) -> HeldLog:
    lab, epoch = request.match_info["lab"].lower(), request.match_info["epoch"]
    # One address per log, as one spelling per number: not `00`, not another script's digits.
    known = epoch in {str(number) for number in range(EPOCHS_MAX)}
    held = node_of(request).store.log(lab, int(epoch)) if known else None
    if held is None or held.head is None:
        raise NotFoundError("this node holds no such log", "see /log for those it holds")
    return held


@routes.get("/log")
async def list_logs(request: web.Request) -> web.Response:
    """Every log held, with what a C2SP client needs to verify it."""
    node = node_of(request)
    # Not on the loop: anybody may ask, and the keys of some hundred labs take a while to check.
    return web.json_response({"logs": await node.read(_described, node)})


def _described(node: Node) -> list[dict[str, str | int]]:
    logs: list[dict[str, str | int]] = []
    for held in node.store.logs():
        chain = node.store.chain(held.lab)
        if held.head is None or chain is None:
            continue
        name = origin(chain.network, held.lab, held.epoch)
        verifier = Verifier(name, ED25519, chain.keys(held.epoch).log)
        logs.append(
            {
                "lab": held.lab,
                "name": node.service.lab_name(held.lab),
                "epoch": held.epoch,
                "origin": name,
                "vkey": format_vkey(verifier),
                "size": held.head.size,
            }
        )
    return logs


@routes.get("/log/{lab}/{epoch}/checkpoint")
async def checkpoint(request: web.Request) -> web.Response:
    """The newest fully held checkpoint, as a signed note."""
    held = _held(request)
    chain = node_of(request).store.chain(held.lab)
    assert held.head is not None
    assert chain is not None
    note = head_note(held.head, chain.network, chain.keys(held.epoch).log)
    return web.Response(
        body=note,
        content_type="text/plain",
        charset="utf-8",
        headers={"Cache-Control": BRIEFLY},
    )


@routes.get("/log/{lab}/{epoch}/tile/{path:.+}")
async def tile(request: web.Request) -> web.Response:
    """One tile of hashes, or one bundle of entries (`tile/entries/…`)."""
    held = _held(request)
    assert held.head is not None
    try:
        wanted = parse_tile_path("tile/" + request.match_info["path"])
    except ProtocolError as exc:
        raise NotFoundError(str(exc), exc.hint) from exc
    if wanted.width > tile_width(wanted, held.head.size):
        raise NotFoundError("this tile is beyond the checkpoint", "fetch the checkpoint anew")
    store = node_of(request).store
    if wanted.level is None:
        start = wanted.index * TILE_WIDTH
        body = encode_bundle(store.leaves(held.lab, held.epoch, start, start + wanted.width))
    else:
        body = tile_bytes(store.tree(held.lab, held.epoch), wanted)
    return web.Response(
        body=body,
        content_type="application/octet-stream",
        headers={"Cache-Control": FOREVER if wanted.width == TILE_WIDTH else BRIEFLY},
    )
