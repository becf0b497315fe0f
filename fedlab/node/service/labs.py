"""What this lab is, and the labs around it."""

from collections.abc import Sequence

from msgspec import structs

from fedlab.inventory.catalogue import LabView
from fedlab.node.service.answers import LabAnswer, LabsAnswer, StatusAnswer
from fedlab.node.service.base import Opened
from fedlab.node.service.peers import Peers
from fedlab.node.service.shown import Shown, distance_km, point_of
from fedlab.protocol.entry import LabId
from fedlab.protocol.merkle import EMPTY_ROOT
from fedlab.protocol.replica import HeldLog


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
        split_views = opened.split_views()
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
            problems=[
                *([why] if (why := opened.why_drafts()) else []),
                *(
                    self._split_view(lab, start)
                    for lab, start in split_views.items()
                    if lab != opened.lab
                ),
            ],
            split_views=sorted(split_views),
        )

    def _split_view(self, lab: LabId, start: int) -> str:
        name = self._opened.projector.lab(lab).name
        return (
            f"{name} ({lab[:8]}) has signed two versions of its log, and the proof is kept: "
            f"from entry {start} on nothing counts here, and nothing more is taken from it until "
            "it opens a new epoch. Ask its people, on the phone, whether two copies of its keys "
            "are in use: they must stop one. Trust neither version until then."
        )

    def all(self) -> LabsAnswer:
        """Return every lab that is shown here, this one first, then by distance."""
        opened, far = self._opened, float("inf")
        logs = opened.store.logs()
        hidden, shown = opened.hidden(logs), _Counted(opened, logs)
        return LabsAnswer(
            sorted(
                (self._answer(v, shown) for v in opened.labs().values() if v.lab not in hidden),
                key=lambda lab: (
                    not lab.own,
                    far if lab.distance_km is None else lab.distance_km,
                    lab.name,
                ),
            )
        )

    def one(self, lab: LabId) -> LabAnswer | None:
        """Return a lab, if it is shown here."""
        opened = self._opened
        logs, view = opened.store.logs(), opened.labs().get(lab)
        if view is None or lab in opened.hidden(logs):
            return None
        return self._answer(view, _Counted(opened, [log for log in logs if log.lab == lab]))

    def choices(self, most: int, besides: str = "") -> list[tuple[LabId, str]]:
        """Return id and name of the nearest labs, this one first, and of one more if it is known.

        Labs that have no place come last.
        """
        opened, hidden, here = self._opened, self._opened.hidden(), self._shown.here()
        far = float("inf")
        near: list[tuple[bool, float, str, LabId]] = []
        for view in opened.labs().values():
            if view.lab not in hidden:
                km = distance_km(here, point_of(view))
                near.append(
                    (view.lab != opened.lab, far if km is None else km, view.name, view.lab)
                )
        shown = [(lab, name) for *_, name, lab in sorted(near)[:most]]
        more = [(lab, name) for *_, name, lab in near if lab == besides]
        return [*shown, *(one for one in more if one not in shown)]

    def _answer(self, view: LabView, counted: "_Counted") -> LabAnswer:
        epoch, size = counted.newest.get(view.lab, (0, 0))
        return LabAnswer(
            **structs.asdict(view),
            own=view.lab == self._opened.lab,
            vouched=view.lab in counted.vouched,
            epoch=epoch,
            size=size,
            items=counted.items.get(view.lab, 0),
            distance_km=distance_km(self._shown.here(), point_of(view)),
            age_s=self._opened.age_s(view.lab),
            split_view=view.lab in counted.split_views,
        )


class _Counted:
    """What is read once for all labs of an answer, whose logs are given."""

    def __init__(self, opened: Opened, logs: Sequence[HeldLog]) -> None:
        self.items = opened.counts()
        self.vouched = opened.vouched()
        self.split_views = opened.split_views(logs)
        self.newest: dict[LabId, tuple[int, int]] = {}
        for log in logs:
            self.newest[log.lab] = max(self.newest.get(log.lab, (0, 0)), (log.epoch, log.held))
