"""What maps and directories outside read of this lab: one entry here feeds them all."""

import json
from typing import Any, Final, Literal

import msgspec

from fedlab.formats.lamednum import lamednum
from fedlab.formats.okw import okw
from fedlab.formats.spaceapi import space_api
from fedlab.node.service.base import Opened
from fedlab.node.service.peers import Peers

Form = Literal["lamednum", "okw", "spaceapi"]
_JSON: Final = "application/json"


class PublishedAnswer(msgspec.Struct):
    """A file for others to read: its name, its media type and its text."""

    filename: str
    media_type: str
    text: str


class Outside:
    """The commands that publish what this lab says of itself in others' formats."""

    def __init__(self, opened: Opened, peers: Peers) -> None:
        self._opened = opened
        self._peers = peers

    def export(self, form: Form, labs: Literal["own", "all"] = "own") -> PublishedAnswer:
        """Return this lab in a format that maps read; LaMednum also takes every lab shown here."""
        if form == "lamednum":
            return self._lamednum(everybody=labs == "all")
        return self._space_api() if form == "spaceapi" else self._okw()

    def _okw(self) -> PublishedAnswer:
        opened = self._opened
        items = (view for _, view in opened.projector.offered(opened.lab))
        return _answer("okw.json", okw(opened.projector.lab(opened.lab), items, self._url()))

    def _space_api(self) -> PublishedAnswer:
        opened = self._opened
        vouched = [opened.projector.lab(lab) for lab in sorted(opened.vouched())]
        own = opened.projector.lab(opened.lab)
        return _answer("spaceapi.json", space_api(own, vouched, self._url()))

    def _lamednum(self, *, everybody: bool) -> PublishedAnswer:
        opened, hidden = self._opened, self._opened.hidden()
        own = opened.projector.lab(opened.lab)
        others = [
            view
            for view in opened.projector.labs()
            if everybody and view.lab != own.lab and view.lab not in hidden
        ]
        return PublishedAnswer("lamednum.csv", "text/csv", lamednum([own, *others], own.name))

    def _url(self) -> str:
        return self._peers.own_urls()[0].rstrip("/")


def _answer(filename: str, document: dict[str, Any]) -> PublishedAnswer:
    return PublishedAnswer(
        filename, _JSON, json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    )
