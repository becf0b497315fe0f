"""What a request finds its node by."""

from aiohttp import web

from fedlab.node.app import Node

NODE: web.AppKey[Node] = web.AppKey("node", Node)
# How much needs attention of whoever asks; counted for those who see to it alone.
ATTENTION: web.RequestKey[int] = web.RequestKey("attention", int)


def node_of(request: web.Request) -> Node:
    """The node that serves this request."""
    return request.app[NODE]


class SetUp:
    """The step of the set-up that waits, for every page to lead back to; empty when none does."""

    step = ""


SETUP: web.AppKey[SetUp] = web.AppKey("setup", SetUp)
