"""What this lab is, and the labs around it."""

from collections import Counter

from msgspec import structs

from fedlab.inventory.catalogue import LabView
from fedlab.node.service.answers import LabAnswer, LabsAnswer, StatusAnswer
from fedlab.node.service.base import Opened
from fedlab.node.service.peers import Peers
from fedlab.node.service.shown import Shown, distance_km, point_of
from fedlab.protocol.entry import LabId
from fedlab.protocol.merkle import EMPTY_ROOT


class Labs:
    """The commands about labs as a whole."""

    def __init__(self, opened: Opened, shown: Shown, peers: Peers) -> None:
        self._opened = opened
        self._shown = shown
        self._peers = peers

    def status(self) -> StatusAnswer:
        """Return what this lab is, what its node holds, and how its peers are."""
        opened = self._opened
        logs = opened.store.logs()
        chain = opened.store.chain(opened.lab)
        assert chain is not None
        own = next((log for log in logs if (log.lab, log.epoch) == (opened.lab, chain.epoch)), None)
        head = own.head if own else None
        return StatusAnswer(
            lab=opened.lab,
            name=opened.projector.lab(opened.lab).name,
            network=opened.store.network,
            epoch=chain.epoch,
            size=head.size if head else 0,
            root=(head.root if head else EMPTY_ROOT).hex(),
            labs=len({log.lab for log in logs}),
            entries=sum(log.held for log in logs),
            items=opened.projector.count(),
            peers=self._peers.peers(),
            drafts=len(opened.store.drafts.list()),
            problems=[why] if (why := opened.why_drafts()) else [],
        )

    def all(self) -> LabsAnswer:
        """Return every lab that is shown here, this one first, then by distance."""
        views = self._opened.projector.labs()
        items = self._items_by_lab()
        labs = [self._answer(view, items[view.lab]) for view in views]
        blocked = set(self._opened.store.blocks.list())
        far = float("inf")
        return LabsAnswer(
            sorted(
                (lab for lab in labs if lab.lab not in blocked),
                key=lambda lab: (
                    not lab.own,
                    far if lab.distance_km is None else lab.distance_km,
                    lab.name,
                ),
            )
        )

    def own(self) -> LabAnswer:
        """Return this lab."""
        opened = self._opened
        return self._answer(opened.projector.lab(opened.lab), self._items_by_lab()[opened.lab])

    def _answer(self, view: LabView, items: int) -> LabAnswer:
        opened = self._opened
        logs = [log for log in opened.store.logs() if log.lab == view.lab]
        newest = max(logs, key=lambda log: log.epoch, default=None)
        return LabAnswer(
            **structs.asdict(view),
            own=view.lab == opened.lab,
            vouched=view.lab in opened.vouched(),
            epoch=newest.epoch if newest else 0,
            size=newest.held if newest else 0,
            items=items,
            distance_km=distance_km(self._shown.here(), point_of(view)),
            age_s=opened.age_s(view.lab),
        )

    def _items_by_lab(self) -> Counter[LabId]:
        return Counter(
            row.lab for row in self._opened.store.projections.items() if row.state is not None
        )
