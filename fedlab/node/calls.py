"""The one table of calls: what a command asks of the service, beside a running node or without.

Parameters are a JSON object, checked against the annotations of the function that answers;
answers are msgspec types, handed out as plain JSON values.
"""

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

import msgspec

from fedlab.node.errors import BadRequestError
from fedlab.node.service import Service


class Where(Enum):
    """On which thread a node answers a call."""

    READ = "read"
    WRITE = "write"


class Call(NamedTuple):
    """One call: the function that answers it, and whether it writes."""

    find: Callable[[Service], Callable[..., Any]]
    where: Where


def _read(find: Callable[[Service], Callable[..., Any]]) -> Call:
    return Call(find, Where.READ)


def _write(find: Callable[[Service], Callable[..., Any]]) -> Call:
    return Call(find, Where.WRITE)


CALLS: dict[str, Call] = {
    "status": _read(lambda service: service.status),
    "attention": _read(lambda service: service.attention.all),
    "labs": _read(lambda service: service.labs_part.all),
    "profile_show": _read(lambda service: service.profile.show),
    "profile_set": _write(lambda service: service.profile.set),
    "search": _read(lambda service: service.search),
    "peers": _read(lambda service: service.peers.all),
    "invite": _write(lambda service: service.peers.invite),
    "vouch": _write(lambda service: service.peers.vouch),
    "unvouch": _write(lambda service: service.peers.unvouch),
    "block": _write(lambda service: service.peers.block),
    "unblock": _write(lambda service: service.peers.unblock),
    "item_add": _write(lambda service: service.items.add),
    "item_set": _write(lambda service: service.items.set),
    "item_retire": _write(lambda service: service.items.retire),
    "item_seen": _write(lambda service: service.items.seen),
    "item_hold": _write(lambda service: service.items.hold),
    "item_release": _write(lambda service: service.items.release),
    "item_list": _read(lambda service: service.items.list),
    "item_show": _read(lambda service: service.items.show),
    "loan_request": _write(lambda service: service.lending.request),
    "loan_offer": _write(lambda service: service.lending.offer),
    "loan_decline": _write(lambda service: service.lending.decline),
    "loan_agree": _write(lambda service: service.lending.agree),
    "loan_cancel": _write(lambda service: service.lending.cancel),
    "loan_lapse": _write(lambda service: service.lending.lapse),
    "loan_hand_over": _write(lambda service: service.lending.hand_over),
    "loan_receive": _write(lambda service: service.lending.receive),
    "loan_give_back": _write(lambda service: service.lending.give_back),
    "loan_take_back": _write(lambda service: service.lending.take_back),
    "loan_extend_ask": _write(lambda service: service.lending.extend_ask),
    "loan_extend": _write(lambda service: service.lending.extend),
    "loan_recall": _write(lambda service: service.lending.recall),
    "loan_report": _write(lambda service: service.lending.report),
    "loan_dispute": _write(lambda service: service.lending.dispute),
    "loan_settle": _write(lambda service: service.lending.settle),
    "loan_accept": _write(lambda service: service.lending.accept),
    "loan_show": _read(lambda service: service.lending.show),
    "loan_list": _read(lambda service: service.lending.list),
    "loan_of_item": _read(lambda service: service.lending.of_item),
    "loan_differences": _read(lambda service: service.discrepancies.all),
    "wish_ask": _write(lambda service: service.wishes.ask),
    "wish_pass_on": _write(lambda service: service.wishes.pass_on),
    "wish_decline": _write(lambda service: service.wishes.decline),
    "wish_withdraw": _write(lambda service: service.wishes.withdraw),
    "wish_list": _read(lambda service: service.wishes.find),
    "wish_of_loan": _read(lambda service: service.wishes.of_loan),
    "purchase_open": _write(lambda service: service.buying.open),
    "purchase_article": _write(lambda service: service.buying.article),
    "purchase_amend": _write(lambda service: service.buying.amend),
    "purchase_cancel": _write(lambda service: service.buying.cancel),
    "purchase_pledge": _write(lambda service: service.buying.pledge),
    "purchase_pledge_for": _write(lambda service: service.buying.pledge_for),
    "purchase_withdraw": _write(lambda service: service.buying.withdraw),
    "purchase_transfer": _write(lambda service: service.buying.transfer),
    "purchase_mandate": _write(lambda service: service.buying.mandate),
    "purchase_seal": _write(lambda service: service.buying.seal),
    "purchase_call": _write(lambda service: service.buying.call),
    "purchase_order": _write(lambda service: service.buying.order),
    "purchase_deliver": _write(lambda service: service.buying.deliver),
    "purchase_invoice": _write(lambda service: service.buying.invoice),
    "purchase_credit_note": _write(lambda service: service.buying.credit_note),
    "purchase_supplier_paid": _write(lambda service: service.buying.supplier_paid),
    "purchase_waive": _write(lambda service: service.buying.waive),
    "purchase_accept_excess": _write(lambda service: service.buying.accept_excess),
    "purchase_hand_over": _write(lambda service: service.buying.hand_over),
    "purchase_receive": _write(lambda service: service.buying.receive),
    "purchase_remind": _write(lambda service: service.buying.remind),
    "purchase_close": _write(lambda service: service.buying.close),
    "share_accept": _write(lambda service: service.buying.share_accept),
    "share_dispute": _write(lambda service: service.buying.share_dispute),
    "share_resolve": _write(lambda service: service.buying.share_resolve),
    "payment_sent": _write(lambda service: service.buying.payment_sent),
    "payment_received": _write(lambda service: service.buying.payment_received),
    "statement_agree": _write(lambda service: service.buying.statement_agree),
    "purchase_show": _read(lambda service: service.buying.show),
    "purchase_list": _read(lambda service: service.buying.list),
    "purchase_why": _read(lambda service: service.buying.why),
    "need_publish": _write(lambda service: service.needs.publish),
    "need_join": _write(lambda service: service.needs.join),
    "need_close": _write(lambda service: service.needs.close),
    "need_list": _read(lambda service: service.needs.list),
    "need_show": _read(lambda service: service.needs.show),
    "photo_add": _write(lambda service: service.photos.add),
    "photo_remove": _write(lambda service: service.photos.take_away),
    "labels_address": _write(lambda service: service.labels.set_address),
    "labels_choose": _read(lambda service: service.labels.choose),
    "labels_pdf": _read(lambda service: service.labels.pdf),
    "walk_begin": _write(lambda service: service.desk.begin_walk),
    "walk_end": _write(lambda service: service.desk.end_walk),
    "walk_show": _read(lambda service: service.desk.walks),
    "import": _write(lambda service: service.imports.run),
    "import_undo": _write(lambda service: service.imports.undo),
    "export": _read(lambda service: service.outside.export),
    "member_list": _read(lambda service: service.member_calls.list),
    "member_add": _write(lambda service: service.member_calls.add),
    "member_set": _write(lambda service: service.member_calls.set),
    "member_end": _write(lambda service: service.member_calls.end),
    "member_password": _write(lambda service: service.member_calls.password),
    "member_door": _write(lambda service: service.member_calls.door),
    "member_import": _write(lambda service: service.member_calls.load),
    "log": _read(lambda service: service.logs.page),
    "verify": _read(lambda service: service.logs.verify),
    "rebuild": _write(lambda service: service.logs.rebuild),
    "erase": _write(lambda service: service.logs.erase),
    "counter_lend": _write(lambda service: service.counter.lend),
    "counter_return": _write(lambda service: service.counter.take_back),
    "counter_extend": _write(lambda service: service.counter.extend),
    "counter_show": _read(lambda service: service.counter.show),
    "counter_list": _read(lambda service: service.counter.loans),
    "counter_of": _read(lambda service: service.counter.of_member),
    "counter_borrowers": _read(lambda service: service.borrowers.find),
    "counter_reminders": _read(lambda service: service.reminders.outbox),
    "counter_told": _write(lambda service: service.reminders.told),
    "bundle_write": _read(lambda service: service.bundles.write),
    "bundle_read": _write(lambda service: service.bundles.read),
    "backup_status": _read(lambda service: service.backups.status),
    "backup_set": _write(lambda service: service.backups.set),
    "backup_off": _write(lambda service: service.backups.off),
    "backup_words": _write(lambda service: service.backups.words),
    "backup_write": _read(lambda service: service.backups.write),  # long; one line is written
    "backup_list": _read(lambda service: service.backups.list),
}

# Joining needs the network, so the node answers it itself; see app.Node.call.
JOIN = "join"


def find_call(name: str) -> Call:
    """Return the call of that name; raise BadRequestError when the table has none."""
    try:
        return CALLS[name]
    except KeyError:
        raise BadRequestError(
            f"this node knows no call {name!r}",
            "the command and the running node are of different versions: restart the node",
        ) from None


def answer(service: Service, name: str, params: Mapping[str, Any]) -> Any:
    """Do one call and return plain JSON values; raise ServiceError as the service does."""
    function = find_call(name).find(service)
    result = function(**checked(function, name, params))
    # Through JSON, so that whoever asks gets the same, beside a node or without.
    return msgspec.json.decode(msgspec.json.encode(result))


def checked(function: Callable[..., Any], name: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as the function's types; raise BadRequestError where they are not."""
    try:
        arguments = msgspec.convert(params, _arguments(_unbound(function)))
    except msgspec.ValidationError as exc:
        raise BadRequestError(f"{name}: {exc}", "see `fedlab --help`") from None
    return {field: getattr(arguments, field) for field in arguments.__struct_fields__}


def _unbound(function: Callable[..., Any]) -> Callable[..., Any]:
    return getattr(function, "__func__", function)


@cache
def _arguments(function: Callable[..., Any]) -> type[msgspec.Struct]:
    hints = inspect.get_annotations(function)
    fields: list[Any] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self":
            continue
        optional = () if parameter.default is parameter.empty else (parameter.default,)
        fields.append((parameter.name, hints[parameter.name], *optional))
    return msgspec.defstruct("Arguments", fields, kw_only=True, forbid_unknown_fields=True)
