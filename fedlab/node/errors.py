"""The one error of the node's outside: what was wrong, what to do, and how a program sees it.

Commands, the control endpoint and the API answer it in one shape, `error_body`; whatever else
goes wrong below (disk, folder, port, store, protocol) is turned into it at one door, `explain`.
"""

import errno
from enum import IntEnum

from fedlab.protocol.errors import ProtocolError


class Exit(IntEnum):
    """What a command tells the shell; the numbers from 69 up are sysexits.h's."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    MISSING = 69
    TRY_LATER = 75
    CONFIGURATION = 78


class ServiceError(Exception):
    """A command cannot do what was asked; `hint` is the way out."""

    code = "refused"
    exit_code = Exit.REFUSED
    http_status = 422

    def __init__(self, message: str, hint: str = "", *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.code


class BadRequestError(ServiceError):
    """What was asked is not well formed."""

    code = "usage"
    exit_code = Exit.USAGE
    http_status = 400


class NotFoundError(ServiceError):
    """Nothing here has that name or id."""

    code = "not_found"
    http_status = 404


class ForbiddenError(ServiceError):
    """Whoever asks may not do that."""

    code = "forbidden"
    http_status = 403


class ConflictError(ServiceError):
    """It exists already, or the state of things forbids it."""

    code = "conflict"
    http_status = 409


class MissingError(ServiceError):
    """Something needed is not on this machine."""

    code = "missing"
    exit_code = Exit.MISSING
    http_status = 501


class TryLaterError(ServiceError):
    """Not now: a port is busy, a peer is away, the disk is full."""

    code = "try_later"
    exit_code = Exit.TRY_LATER
    http_status = 503


class ConfigurationError(ServiceError):
    """The folder or a setting is not as it must be."""

    code = "configuration"
    exit_code = Exit.CONFIGURATION
    http_status = 500


ERRORS: dict[Exit, type[ServiceError]] = {
    kind.exit_code: kind
    for kind in (ServiceError, BadRequestError, MissingError, TryLaterError, ConfigurationError)
}

_BY_STORE_CODE: dict[str, type[ServiceError]] = {
    "busy": TryLaterError,
    "cannot_open": ConfigurationError,
    "disk_full": TryLaterError,
    "locked": TryLaterError,
    "newer": ConfigurationError,
    "no_lab": ConfigurationError,
    "old_sqlite": MissingError,
    "read_only": ConfigurationError,
}


def error_body(error: ServiceError) -> dict[str, dict[str, str]]:
    """Return the one shape of an error, as commands and API print it."""
    return {"error": {"code": error.code, "message": error.message, "hint": error.hint}}


def explain(exc: BaseException) -> ServiceError:
    """Turn whatever was raised into one sentence with its way out."""
    if isinstance(exc, ServiceError):
        return exc
    if isinstance(exc, ProtocolError):
        return ServiceError(str(exc), exc.hint)
    from fedlab.formats.tables import FileError  # late: `--help` must not pay for these
    from fedlab.node.store.errors import StoreError

    if isinstance(exc, StoreError):
        kind = _BY_STORE_CODE.get(exc.code, ServiceError)
        return kind(exc.message, exc.hint, code=exc.code)
    if isinstance(exc, FileError):
        return BadRequestError(str(exc), exc.hint, code="unreadable_file")
    if isinstance(exc, OSError):
        return _explain_os(exc)
    return ServiceError(
        f"fedlab has a defect: {type(exc).__name__}: {exc}",
        "run the command again with FEDLAB_DEBUG=1 and report what it prints",
        code="defect",
    )


def _explain_os(exc: OSError) -> ServiceError:
    where = f" {exc.filename}" if exc.filename else ""
    match exc.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return TryLaterError(
                f"the disk is full{where and ':' + where}; nothing was changed",
                "free some space, then try again",
                code="disk_full",
            )
        case errno.EROFS:
            return ConfigurationError(
                f"this folder cannot be written{where and ':' + where}",
                "choose another with --data, or make it writable",
                code="read_only",
            )
        case errno.EACCES | errno.EPERM:
            return ConfigurationError(
                f"no permission for{where or ' a file'}",
                "run the command as the user who owns it, or choose another folder with --data",
                code="no_permission",
            )
        case errno.ENOENT:
            return NotFoundError(f"there is no{where or ' such file'}", "check the path")
        case errno.EISDIR:
            return BadRequestError(
                f"{where.strip() or 'this'} is a folder, not a file", "name a file"
            )
        case errno.ENOTDIR:
            return ConfigurationError(
                f"{where.strip() or 'this'} is not inside a folder", "choose another path"
            )
        case errno.EMFILE | errno.ENFILE:
            return TryLaterError("too many files are open", "raise the limit with `ulimit -n 4096`")
        case _:
            return ServiceError(f"{exc.strerror or exc}{where and ':' + where}", "", code="system")
