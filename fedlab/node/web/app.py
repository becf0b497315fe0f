"""The web application of a node: pages, API, logs and the peers' WebSocket under one roof."""

import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from fedlab.node import driver
from fedlab.node.api import routes as api
from fedlab.node.app import Node
from fedlab.node.errors import NotFoundError, ServiceError, error_body, explain
from fedlab.node.web import (
    account,
    accounts,
    adding,
    attention,
    backups,
    bundles,
    calendars,
    counter,
    desk,
    health,
    importing,
    inviting,
    itempage,
    labels,
    loandesk,
    loans,
    loanslip,
    log,
    members,
    needs,
    network,
    outside,
    pages,
    photos,
    purchases,
    purchasesheets,
    reminders,
    reminding,
    searching,
    settings,
    setup,
    wishes,
)
from fedlab.node.web.access import access, same_origin
from fedlab.node.web.compressing import compress
from fedlab.node.web.dressing import BODY_BYTES_MAX, dress
from fedlab.node.web.guard import progress
from fedlab.node.web.keys import NODE

_log = logging.getLogger("fedlab.web")


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error in one shape: JSON for programs, a page for people."""
    try:
        return await handler(request)
    except web.HTTPException as exc:
        if exc.status < 400:
            raise
        error = ServiceError(exc.reason, code="not_found" if exc.status == 404 else "http")
        status = exc.status
        if status == 404:
            error = NotFoundError("there is nothing at this address", "go back to the search")
    except Exception as exc:  # the one door: whatever it was, the person gets a sentence
        error = explain(exc)
        status = error.http_status
        if error.code == "defect":
            _log.exception("%s %s", request.method, request.path)
            status = 500
    if request.path.startswith("/api/") or not pages.wants_html(request):
        return web.json_response(error_body(error), status=status)
    return pages.error_page(request, error, status)


def make_web_app(node: Node) -> web.Application:
    """Everything that a node serves on its public port."""
    app = web.Application(
        middlewares=[progress, compress, errors, same_origin, access, attention.attention],
        client_max_size=BODY_BYTES_MAX,
    )
    app[NODE] = node
    pages.setup(app)
    accounts.setup(app)
    setup.setup(app)
    importing.setup(app)
    for routes in (
        searching.routes,
        itempage.routes,
        loandesk.routes,
        loans.routes,
        loanslip.routes,
        calendars.routes,
        wishes.routes,
        needs.routes,
        purchases.routes,
        purchasesheets.routes,
        pages.routes,
        counter.routes,
        reminders.routes,
        photos.routes,
        setup.routes,
        settings.routes,
        accounts.routes,
        account.routes,
        members.routes,
        api.routes,
        labels.routes,
        desk.routes,
        adding.routes,
        importing.routes,
        inviting.routes,
        attention.routes,
        bundles.routes,
        network.routes,
        log.routes,
        health.routes,
        backups.routes,
        outside.routes,
        driver.routes,
    ):
        app.router.add_routes(routes)
    dress(app)
    app.cleanup_ctx.append(reminding.make_rounds)
    return app
