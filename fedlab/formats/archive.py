"""Open a zipped sheet without trusting it: sizes are bounded before anything is unpacked.

What is handed on is a new archive that holds only the parts a reader of cells needs, unpacked
and measured here, so that no later reader meets a lie of the zip directory.
"""

import io
import zipfile
import zlib
from typing import NamedTuple

from fedlab.formats.tables import FileError
from fedlab.protocol import limits

_LOCAL_HEADER_BYTES = 30  # APPNOTE.TXT 4.3.7: fixed part, then name and extra field
_PARTS = {
    "xlsx": ("[Content_Types].xml", "_rels/", "xl/"),
    "ods": ("mimetype", "META-INF/manifest.xml", "content.xml"),
}
_DAMAGED = ("the file is damaged", "open it in a spreadsheet program and save it again")


class Package(NamedTuple):
    """A sheet file's parts: which kind it is, and what each XML part holds."""

    kind: str  # "xlsx" or "ods"
    parts: dict[str, bytes]

    def archive(self) -> bytes:
        """Return the parts as a fresh, uncompressed archive."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
            for name, content in self.parts.items():
                target.writestr(name, content)
        return buffer.getvalue()


def unpack(data: bytes) -> Package:
    """Return the parts of an XLSX or ODS file.

    Raises FileError for another kind of file, a damaged or protected one, or one that unpacks to
    more than IMPORT_UNPACKED_BYTES_MAX.
    """
    try:
        directory = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError):
        raise FileError(*_DAMAGED) from None
    if len(directory) > limits.IMPORT_ARCHIVE_PARTS_MAX:
        raise FileError("the file holds thousands of parts: it is no inventory", _DAMAGED[1])
    kind = _kind({entry.filename for entry in directory})
    if any(entry.flag_bits & 1 for entry in directory):
        raise _protected()
    wanted = [entry for entry in directory if _wanted(kind, entry.filename)]
    room = limits.IMPORT_UNPACKED_BYTES_MAX
    if sum(entry.file_size for entry in wanted) > room:
        raise _too_large()
    parts: dict[str, bytes] = {}
    for entry in wanted:
        parts[entry.filename] = content = _inflate(data, entry, room)
        room -= len(content)
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise _protected()
    return Package(kind, parts)


def _kind(names: set[str]) -> str:
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        return "ods"
    if "xl/workbook.bin" in names:
        raise FileError("XLSB workbooks are not read", "save the file as XLSX, ODS or CSV")
    raise FileError(
        "the file is an archive, not a spreadsheet", "import the spreadsheet that it holds"
    )


def _wanted(kind: str, name: str) -> bool:
    """Say whether a part may be needed: only XML is, so that each can be walked beforehand."""
    xml = name.lower().endswith((".xml", ".rels")) or name == "mimetype"
    return xml and name.startswith(_PARTS[kind])


def _inflate(data: bytes, entry: zipfile.ZipInfo, room: int) -> bytes:
    """Unpack one part, stopping one byte after `room`: the size it declares is only a claim."""
    header = data[entry.header_offset : entry.header_offset + _LOCAL_HEADER_BYTES]
    if len(header) < _LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise FileError(*_DAMAGED)
    start = entry.header_offset + _LOCAL_HEADER_BYTES
    start += int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    packed = data[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        content = packed
    elif entry.compress_type == zipfile.ZIP_DEFLATED:
        try:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, room + 1)
        except zlib.error:
            raise FileError(*_DAMAGED) from None
    else:
        raise FileError("the file is packed in an unusual way", _DAMAGED[1])
    if len(content) > room:
        raise _too_large()
    if len(content) != entry.file_size or zlib.crc32(content) != entry.CRC:
        raise FileError(*_DAMAGED)
    return content


def _protected() -> FileError:
    return FileError(
        "the file is protected by a password",
        "open it, save it without the password, and import that copy",
    )


def _too_large() -> FileError:
    most = limits.IMPORT_UNPACKED_BYTES_MAX // 1024 // 1024
    return FileError(
        f"the file unpacks to more than {most} MiB", "delete what is no inventory, or split it"
    )
