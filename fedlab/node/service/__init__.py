"""What a lab can do, in one place for command line, control endpoint, API and pages.

Plain values in, msgspec types out, `ServiceError` and its kin when it cannot be done. Nothing here
knows HTTP or a terminal. Functions that write must be called by one thread at a time.
"""

from types import TracebackType
from typing import TYPE_CHECKING

from fedlab.inventory.catalogue import LabView
from fedlab.node.config import Folder
from fedlab.node.errors import ConfigurationError
from fedlab.node.projector import Projector
from fedlab.node.service.answers import LabAnswer
from fedlab.node.service.attention import Attention
from fedlab.node.service.backups import Backups
from fedlab.node.service.base import Opened
from fedlab.node.service.borrowers import Borrowers
from fedlab.node.service.bundles import Bundles
from fedlab.node.service.buying import Buying
from fedlab.node.service.counter import Counter
from fedlab.node.service.desk import Desk
from fedlab.node.service.discrepancies import Discrepancies
from fedlab.node.service.finding import Finding
from fedlab.node.service.imports import Imports
from fedlab.node.service.items import Items
from fedlab.node.service.labels import Labels
from fedlab.node.service.labs import Labs
from fedlab.node.service.lending import Lending
from fedlab.node.service.logs import Logs
from fedlab.node.service.membercalls import MemberCalls
from fedlab.node.service.memberlists import MemberLists
from fedlab.node.service.members import Members
from fedlab.node.service.needhints import NeedHints
from fedlab.node.service.needs import Needs
from fedlab.node.service.network import Network
from fedlab.node.service.once import Once
from fedlab.node.service.outside import Outside
from fedlab.node.service.peers import Peers
from fedlab.node.service.photos import Photos
from fedlab.node.service.profile import Profile
from fedlab.node.service.reminders import Reminders
from fedlab.node.service.shown import Shown
from fedlab.node.service.uploads import Uploads
from fedlab.node.service.wishes import Wishes
from fedlab.node.store import SqliteStore
from fedlab.node.writer import Writer
from fedlab.protocol.entry import LabId
from fedlab.protocol.horizon import Horizon

if TYPE_CHECKING:
    from fedlab.node.search import SearchIndex


class Service:
    """The service of one lab's folder, which it holds until it is closed.

    Raises StoreError when the folder cannot be opened, with the code `locked` when another has it.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.opened = Opened(folder)
        shown = Shown(self.opened)
        self.peers = Peers(self.opened)
        self.labs_part = Labs(self.opened, shown, self.peers)
        self.profile = Profile(self.opened)
        self.items = Items(self.opened, shown)
        self.lending = Lending(self.opened)
        self.buying = Buying(self.opened)
        self.discrepancies = Discrepancies(self.opened)
        self.wishes = Wishes(self.opened, self.lending)
        self.needs = Needs(self.opened, shown)
        self.photos = Photos(self.opened, self.items)
        self.imports = Imports(self.opened)
        self.labels = Labels(self.opened)
        self.logs = Logs(self.opened)
        self.bundles = Bundles(self.opened)
        self.backups = Backups(self.opened)
        self.once = Once(self.opened)
        self.outside = Outside(self.opened, self.peers)
        self.borrowers = Borrowers(self.opened.store.counter, self.opened.store.members)
        self.counter = Counter(self.opened, self.borrowers)
        self.reminders = Reminders(self.opened, self.counter, self.wishes)
        self.members = Members(self.opened)
        self.member_lists = MemberLists(self.opened.store, self.members)
        self.member_calls = MemberCalls(self)
        self.network = Network(self.opened, self.peers)
        self.attention = Attention(self.opened, self.network)
        self.attention.sources.append(self.reminders.attention)
        self.attention.sources.append(self.backups.attention)
        self.attention.sources.append(self.wishes.attention)
        self.attention.sources.append(self.lending.attention)
        self.attention.sources.append(self.discrepancies.attention)
        finding = Finding(self.opened, shown)
        self.search = finding.search
        self.looser = finding.looser
        self.attention.sources.append(NeedHints(self.opened, self.needs, self.search).attention)
        self.desk = Desk(self.opened, shown, finding)
        self.attention.sources.append(self.desk.walk_is_due)
        self.uploads = Uploads(self.opened, self.imports)
        self.status = self.labs_part.status

    def __enter__(self) -> "Service":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store and let the folder go."""
        self.opened.close()

    @property
    def store(self) -> SqliteStore:
        """The store beneath."""
        return self.opened.store

    @property
    def projector(self) -> Projector:
        """The projections, to read."""
        return self.opened.projector

    @property
    def index(self) -> "SearchIndex":
        """The search index, opened when first asked for."""
        return self.opened.index

    def labs(self) -> list[LabAnswer]:
        """Return every lab that is shown here, this one first, then by distance."""
        return self.labs_part.all().labs

    @property
    def own_log(self) -> Writer:
        """The writer of this lab's log, which hears what peers hold of it."""
        return self.opened.writer

    @property
    def noise_key(self) -> bytes:
        """The private key of the channel; raise ConfigurationError where it is not there."""
        if self.opened.keys is None:
            raise ConfigurationError(
                self.opened.why_drafts(), "put the file back: without it no peer can be talked to"
            )
        return self.opened.keys.noise

    def horizon(self) -> Horizon:
        """Return who is let in, from vouches and blocks as they stand."""
        return self.opened.horizon()

    def own(self) -> LabView:
        """Return this lab."""
        return self.projector.lab(self.opened.lab)

    def lab_name(self, lab: LabId) -> str:
        """Return a lab's name, or the first digits of its id."""
        return self.projector.lab(lab).name

    def open_index(self) -> None:
        """Open the search index now rather than at the first question."""
        _ = self.opened.index

    def refresh(self) -> None:
        """Fold and index what has come."""
        self.opened.refresh()
