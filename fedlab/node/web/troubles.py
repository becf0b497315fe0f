"""What needs attention, as people read it: what is wrong, what to do, and the way there."""

from typing import NamedTuple

from fedlab.node.service.attention import Trouble
from fedlab.node.web.i18n import Language


class TroubleText(NamedTuple):
    """The words for one trouble."""

    title: str
    todo: str
    link: str
    href: str
    severity: str


def trouble_text(language: Language, trouble: Trouble) -> TroubleText:
    """Return the words for a trouble; one that this fedlab has none for is named by its code."""
    says = _says(language, trouble)
    title, todo, link = says.get(trouble.code, (trouble.name or trouble.code, "", ""))
    link = link or language.gettext("Look at it")
    return TroubleText(title, todo, link, trouble.remedy, trouble.severity)


Said = dict[str, tuple[str, str, str]]  # by code: what is wrong, what to do, the words of the link


def _says(language: Language, trouble: Trouble) -> Said:
    backups = backup_says(language, trouble.name)
    return {
        **_of_node(language, trouble),
        **_of_labs(language, trouble),
        **_of_house(language, trouble),
        **{f"backup_{code}": text for code, text in backups.items()},
    }


def _of_node(language: Language, trouble: Trouble) -> Said:
    """Whether this node can sign and has room."""
    _, ngettext, name = language.gettext, language.ngettext, trouble.name
    return {
        "no_keys": (
            _("The keys of this lab are missing."),
            _("Put the file %(name)s back. Until then nothing new can be published.", name=name),
            "",
        ),
        "drafts": (
            ngettext(
                "%(count)s change waits to be published.",
                "%(count)s changes wait to be published.",
                trouble.count,
            ),
            _(
                "This node is not sure that it still knows everything it has published. As soon as "
                "another lab is connected, the changes leave by themselves."
            ),
            _("See who is connected"),
        ),
        "disk": (
            _("The disk is nearly full."),
            _(
                "%(count)s MB are left. Delete something, or move this lab to a larger disk.",
                count=language.number(trouble.count),
            ),
            "",
        ),
        "own_split_view": (
            _("Two copies of this lab’s keys are in use."),
            _("Stop one of the two nodes. Until then nothing new is published."),
            "",
        ),
    }


def _of_labs(language: Language, trouble: Trouble) -> Said:
    """Other labs: what they contradict, fill, or look for."""
    _, ngettext, name = language.gettext, language.ngettext, trouble.name
    title, had = trouble.about if trouble.code == "need" else ("", "")
    return {
        "split_view": (
            _("%(name)s contradicts itself.", name=name),
            _("Ring its people: two copies of its keys may be in use, and they must stop one."),
            "",
        ),
        "away": (
            ngettext(
                "%(name)s has not been heard of for %(count)s day.",
                "%(name)s has not been heard of for %(count)s days.",
                trouble.count,
                name=name,
            ),
            _(
                "Ask its people whether their node runs. If it has moved, invite it again. If it "
                "is gone for good, stop vouching for it."
            ),
            "",
        ),
        "budget": (
            _(
                "%(name)s has used %(count)s %% of the room it may take here.",
                name=name,
                count=language.number(trouble.count),
            ),
            _(
                "What it and the labs behind it publish fills this disk. Ask it whom it vouches "
                "for, and block what nobody needs."
            ),
            "",
        ),
        "need": (
            _("%(name)s looks for: %(title)s. You seem to have one.", name=name, title=title),
            _("Your inventory holds “%(item)s”. Answer, and their people see it.", item=had),
            _("See the need"),
        ),
    }


def _of_house(language: Language, trouble: Trouble) -> Said:
    """The desk and the counter."""
    _, ngettext = language.gettext, language.ngettext
    return {
        "walk_due": (
            _("Nobody has looked for a year whether everything is still here."),
            _("Walk through the lab with a phone and scan the labels: it can take several days."),
            _("Begin a walk"),
        ),
        "overdue": (
            ngettext("%(count)s loan is overdue.", "%(count)s loans are overdue.", trouble.count),
            _("Ring the borrowers, or send them a reminder."),
            _("See the overdue loans"),
        ),
        "loans_asked": (
            ngettext(
                "Another lab waits for an answer about %(count)s loan.",
                "Other labs wait for an answer about %(count)s loans.",
                trouble.count,
            ),
            _("Offer it or decline: nothing is held for them before."),
            _("See the loans"),
        ),
        "loans_late": (
            ngettext(
                "%(count)s loan between labs is overdue.",
                "%(count)s loans between labs are overdue.",
                trouble.count,
            ),
            _("Ring the other lab, or bring back what is theirs."),
            _("See the overdue loans"),
        ),
        "loans_differ": (
            ngettext(
                "In %(count)s place this lab and another say different things of a loan.",
                "In %(count)s places this lab and another say different things of a loan.",
                trouble.count,
            ),
            _("Both statements stand side by side, with what would end it."),
            _("See where"),
        ),
        "wishes": (
            ngettext(
                "%(count)s member’s wish waits to be passed on.",
                "%(count)s members’ wishes wait to be passed on.",
                trouble.count,
            ),
            _("Ask the lab that has it, or tell the member why not."),
            _("See the wishes"),
        ),
        "unsent": (
            ngettext(
                "%(count)s reminder could not be sent.",
                "%(count)s reminders could not be sent.",
                trouble.count,
            ),
            _("Check the mail settings, or tell the borrowers in another way."),
            _("See the reminders"),
        ),
    }


def backup_says(language: Language, folder: str) -> Said:
    """Return what is wrong with backups and what to do, by the codes of `Backups.troubles`."""
    _ = language.gettext
    see = _("See the backups")
    return {
        "none": (
            _("No backups are planned: everything private is on this one disk."),
            _("Plug a USB stick in and choose it: accounts and loans would die with this disk."),
            _("Plan backups"),
        ),
        "away": (
            _("The last backup failed: its place is not there."),
            _("Plug the stick in again. It goes on by itself within an hour, or at once by hand."),
            see,
        ),
        "full": (
            _("The last backup failed: there is no room left."),
            _("Keep fewer backups, empty the stick, or take a larger one."),
            see,
        ),
        "refused": (
            _("The last backup failed: fedlab may not write there."),
            _(
                "Give the user that runs fedlab the folder %(folder)s, or choose another stick.",
                folder=folder,
            ),
            see,
        ),
        "failed": (
            _("The last backup failed."),
            _("Try once more by hand. If it fails again, choose another stick."),
            see,
        ),
        "late": (
            _("The last backup is too old."),
            _("Make one now, and let this node run at the hour when the next is due."),
            see,
        ),
        "unreadable": (
            _("The last backup could not be read back."),
            _("The stick may be dying. Take another one and make a backup on it today."),
            see,
        ),
        "words": (
            _("Backups cannot be sealed: this node has never seen the recovery words."),
            _("Type them once on its machine: fedlab backup words."),
            see,
        ),
    }
