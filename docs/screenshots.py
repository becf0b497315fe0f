"""Takes the pictures of the pages that README and documents show, from nodes that really run.

    python docs/screenshots.py [--to DIR] [--every-page pdPD]

Five labs are founded with the inventories of the demonstration, join each other, and live through
three weeks: members, loans, a late return, a neighbour that has gone quiet. Then a browser signs in
and looks. People, labs and photos are made up. `--every-page` takes every page of an admin, whole,
on phone (p) and desktop (d), dark with a capital: to be looked at, not to be kept.
"""

import argparse
import contextlib
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from fedlab.node.config import Folder
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.service.needs import NewNeed
from fedlab.node.service.profile import ProfileChange
from fedlab.node.web.access import SESSION_COOKIE
from tests.e2e.chromium import FLAGS
from tests.e2e.nodes import FEDLAB, HOST, Lab, environment, free_port, until
from tests.e2e.test_pages_audit import find_pages

DAY = 86_400
# Pictures for the repository: sharp on a phone's screen, and together below 1.5 MB.
QUALITY = 72
PHONE, DESKTOP = (390, 844, 2.0), (1280, 800, 1.5)
INVENTORIES = {"brest": "brest.csv", "tricycle": "tricycle.md", "paris": "paris.tsv"}
SMALL = {
    "quimper": ("Scie circulaire plongeante", "Tour à bois", "Rabot électrique", "Serre-joints"),
    "lorient": ("Four à céramique", "Tour de potier", "Extrudeuse à plastique", "Broyeur"),
}
SOUGHT = {"tricycle": "Caméra thermique", "lorient": "Presse à injecter"}
NEW_LIST = """Code;Désignation;Nombre;Lieu;Caution
EB-01;Rabot d'établi;2;Armoire B1;25 €
EB-02;Guillaume;1;Armoire B1;25 €
EB-03;Presse d'ébéniste;6;Établi bois;
EB-04;Varlope;1;Armoire B1;40 €
"""
PHOTOS = {
    "brest": {"FP-020": "drill", "FP-001": "printer"},
    "paris": {"GP-LAS-01": "laser", "GP-3DP-01": "printer"},
}


class Shot(NamedTuple):
    """One picture: `who` is a role, "" for somebody who is not signed in."""

    name: str
    path: str
    who: str = "admin"
    screens: str = "pd"  # phone, desktop; capitals are dark


SHOTS = (
    Shot("search", "/?q=découpe+laser", "member", "pdP"),
    Shot("home", "/", "", "p"),
    Shot("item", "/I/{paris}/GP-LAS-01", "member", "pdD"),
    Shot("drill", "/I/{brest}/FP-020", "volunteer", "p"),
    Shot("labs", "/labs", "member", "pd"),
    Shot("desk", "/desk", "manager", "pd"),
    Shot("import", "/desk/import/1#changes", "manager", "d"),
    Shot("counter", "/counter", "volunteer", "pd"),
    Shot("lend", "/counter/lend/FP-034", "volunteer", "p"),
    Shot("attention", "/attention", "admin", "pd"),
    Shot("network", "/network", "admin", "pd"),
    Shot("members", "/members", "admin", "d"),
    Shot("labels", "/labels", "manager", "d"),
    Shot("sheet", "/labels/print?kind=tool&start=4", "manager", "d"),
)


# --- the labs -------------------------------------------------------------------------------------


def found_labs(base: Path) -> dict[str, Lab]:
    """Found the labs, each with what it has."""
    labs = {
        "brest": Lab(base / "brest", "Fabrique du Port, Brest", (48.3904, -4.4861)),
        "tricycle": Lab(base / "tricycle", "Le Tricycle, Rennes", (48.1173, -1.6778)),
        "paris": Lab(base / "paris", "Labo du Canal, Paris", (48.8809, 2.3695)),
        "quimper": Lab(base / "quimper", "La Remise, Quimper", (47.9960, -4.1024)),
        "lorient": Lab(base / "lorient", "Terre et plastique, Lorient", (47.7482, -3.3702)),
    }
    for slug, lab in labs.items():
        with Service(Folder(lab.data)) as service:
            if slug in INVENTORIES:
                name = INVENTORIES[slug]
                data = files("fedlab.node").joinpath("demo_data", name).read_bytes()
            else:
                name = "atelier.csv"
                data = (
                    "Désignation;Prêt ?\n" + "".join(f"{x};oui\n" for x in SMALL[slug])
                ).encode()
            service.imports.run(data, name)
            if slug in SOUGHT:
                service.needs.publish(NewNeed(title=SOUGHT[slug], terms=("lend",)))
    return labs


def join_labs(labs: dict[str, Lab]) -> None:
    """Let the labs meet, and wait until the first holds all of them."""
    with contextlib.ExitStack() as stack:
        for lab in labs.values():
            stack.enter_context(lab.running())
        for guest, host in (
            ("brest", "tricycle"),
            ("paris", "tricycle"),
            ("quimper", "brest"),
            ("lorient", "tricycle"),
        ):
            labs[guest].join(labs[host])
        for other in labs.values():
            until(labs["brest"].holds(other), f"the log of {other.data.name}")
        until(lambda: labs["brest"].finds("découpeuse laser"), "a search that finds")


@contextlib.contextmanager
def days_ago(days: float) -> Iterator[None]:
    """Let what is done within be done some days ago."""
    then = time.time() - days * DAY
    with mock.patch("time.time", lambda: then):
        yield


def hang_up(labs: dict[str, Lab], photos: dict[str, bytes]) -> None:
    """Show items with their photos."""
    for slug, drawings in PHOTOS.items():
        with Service(Folder(labs[slug].data)) as service:
            for code, name in drawings.items():
                service.photos.add(f"{service.opened.lab}/{code}", photos[name])


def live_on(labs: dict[str, Lab]) -> dict[str, str]:
    """Give the first lab its people, its loans and its worries; return a session for each role."""
    for lab in labs.values():  # the neighbour in Quimper has not been heard of for five days
        with Service(Folder(lab.data)) as service:
            service.store.put_seen({(labs["quimper"].id, 0): time.time() - 5 * DAY})
    with Service(Folder(labs["brest"].data)) as service:
        people = service.members
        admin = people.add_first("Nolwenn Le Gall", "nolwenn", "")
        roles = {"manager": "Yann Kervella", "volunteer": "Aïcha Benali", "member": "Léa Riou"}
        ids = {
            role: people.add(Role.ADMIN, name=name, role=role, login=role).id
            for role, name in roles.items()
        }
        for name in ("Goulven Abgrall", "Mathilde Sévère", "Souleymane Diarra", "Inès Cabon"):
            address = f"{name.split()[0].lower()}@exemple.fr"
            ids[name] = people.add(Role.ADMIN, name=name, email=address, ends="2027-08-31").id
        service.profile.set(
            ProfileChange(
                description="Un atelier partagé au port\u00a0: bois, textile, électronique.",
                address="12 quai de la Douane, 29200 Brest",
                hours="Tu-Fr 14:00-19:00; Sa 10:00-18:00",
                contact="02 98 00 00 00",
                url="https://fabrique-du-port.example",
            )
        )
        lend(service, ids)
        service.labels.set_address("https://fabrique-du-port.example")
        service.uploads.add("etabli.csv", NEW_LIST.encode())
        members = {"admin": admin, **{role: ids[role] for role in roles}}
        return {
            role: people.begin_session(member, "Firefox, Android", "192.168.1.20")
            for role, member in members.items()
        }


def lend(service: Service, ids: dict[str, int]) -> None:
    """Lend over the counter, as three weeks bring it."""
    own = service.opened.lab

    def out(code: str, days: float, **how: Any) -> int:
        with days_ago(days):
            return service.counter.lend(f"{own}/{code}", **how).loan

    out("FP-020", 17, member=ids["Goulven Abgrall"], caution=5000, quantity=1000)
    out("FP-006", 6, member=ids["Mathilde Sévère"], caution=6000, quantity=1000)
    out("FP-053", 2, to="Comité des fêtes de Recouvrance", phone="06 12 34 56 78", quantity=1000)
    out("FP-034", 1, member=ids["Inès Cabon"], quantity=1000)
    back = out("FP-032", 12, member=ids["Souleymane Diarra"], caution=15000)
    with days_ago(3):
        service.counter.take_back(back, caution_back=15000)
    service.counter.settle()
    service.reminders.work()


def fetch_photos(labs: dict[str, Lab]) -> None:
    """Look at the other lab's photos once, so that they are here when the picture is taken."""
    for hit in labs["brest"].run("search", "découpeuse laser")["hits"]:
        for photo in hit["photos"]:
            url = f"{labs['brest'].url}/photo/{photo}/thumb?of={hit['item']}"
            until(lambda url=url: _is_there(url), "a photo from two labs away")


def _is_there(url: str) -> bool:
    try:
        with urllib.request.urlopen(url) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False


# --- the pictures ---------------------------------------------------------------------------------


def draw_photos(browser: Browser) -> dict[str, bytes]:
    """Return photos by name, from drawings: nobody's rights are touched."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    made = {}
    for path in (HERE / "images" / "drawn").glob("*.svg"):
        page.set_content(
            f"<style>*{{margin:0}}svg{{display:block}}</style>{path.read_text('utf-8')}"
        )
        made[path.stem] = page.screenshot(type="jpeg", quality=90)
    page.close()
    return made


def look(browser: Browser, lab: Lab | None, session: str, screen: str, scale: float = 0) -> Page:
    """Return a French browser's page on that screen, signed in or not."""
    width, height, sharp = PHONE if screen in "pP" else DESKTOP
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=scale or sharp,
        locale="fr-FR",
        color_scheme="dark" if screen.isupper() else "light",
    )
    if lab is not None and session:
        context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": lab.url}])
    return context.new_page()


def keep(picture: bytes, path: Path) -> int:
    """Write a picture as WebP, and return its bytes."""
    Image.open(io.BytesIO(picture)).convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)
    return path.stat().st_size


def file_name(name: str, screen: str) -> str:
    size = "phone" if screen in "pP" else "desktop"
    return f"{name}-{size}{'-dark' if screen.isupper() else ''}.webp"


def take(browser: Browser, labs: dict[str, Lab], sessions: dict[str, str], to: Path) -> None:
    """Take the pictures that the documents show."""
    total = 0
    for shot in SHOTS:
        path = shot.path.format(**{slug: lab.id for slug, lab in labs.items()})
        for screen in shot.screens:
            page = look(browser, labs["brest"], sessions.get(shot.who, ""), screen)
            answer = page.goto(labs["brest"].url + path)
            assert answer is not None and answer.ok, path
            page.wait_for_load_state("networkidle")
            total += keep(page.screenshot(), to / file_name(shot.name, screen))
            page.context.close()
    print(f"{total / 1000:.0f} KB", file=sys.stderr)


def take_first_start(browser: Browser, base: Path, to: Path) -> None:
    """Take the first page of a node that has no lab yet, and its form."""
    data, port = base / "new", free_port()
    command = [*FEDLAB, "run", "--host", HOST, "--port", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    node = subprocess.Popen(command, env=environment(data), **quiet)
    try:
        code = until(lambda: _read(data / "setup-code"), "a set-up code")
        address = f"http://{HOST}:{port}/setup"
        until(lambda: _listens(port), "the first start")
        page = look(browser, None, "", "p")
        page.goto(f"{address}?code={code}")
        page.locator("main button").click()
        for name, at in (("start", "start"), ("setup", "lab")):
            page.goto(f"{address}/{at}" if at != "start" else page.url)
            keep(page.screenshot(), to / file_name(name, "p"))
        page.context.close()
    finally:
        node.terminate()
        node.wait()


def _read(path: Path) -> str:
    return path.read_text("utf-8").strip() if path.exists() else ""


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port)):
        return True
    return False


def take_every(
    browser: Browser, labs: dict[str, Lab], sessions: dict[str, str], to: Path, screens: str
) -> None:
    """Take every page that an admin reaches, whole."""
    lab, paths = labs["brest"], {shot.name: shot.path for shot in SHOTS}
    finder = look(browser, lab, sessions["admin"], "d")
    for shape, path in find_pages(finder, lab.url).items():
        paths.setdefault(shape.strip("/").replace("/", "_") or "root", path)
    for screen in screens:
        page = look(browser, lab, sessions["admin"], screen, scale=1)
        for name, path in paths.items():
            ids = {slug: other.id for slug, other in labs.items()}
            answer = page.goto(lab.url + (path.format(**ids) if "{" in path else path))
            if answer is not None and "text/html" in answer.headers.get("content-type", ""):
                page.wait_for_load_state("networkidle")
                keep(page.screenshot(full_page=True), to / file_name(name, screen))
        page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--to", type=Path, default=HERE / "images")
    parser.add_argument("--every-page", metavar="SCREENS", help="such as pdPD")
    args = parser.parse_args()
    args.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[*FLAGS, "--lang=fr-FR"],
            env={**os.environ, "LANGUAGE": "fr_FR"},  # the browser's own words: dates, files
        )
        labs = found_labs(Path(name))
        hang_up(labs, draw_photos(browser))
        join_labs(labs)
        sessions = live_on(labs)
        with contextlib.ExitStack() as stack:
            for slug in ("tricycle", "paris", "lorient", "brest"):
                stack.enter_context(labs[slug].running())
            until(lambda: labs["brest"].finds("découpeuse laser"), "a search that finds")
            fetch_photos(labs)
            if args.every_page:
                take_every(browser, labs, sessions, args.to, args.every_page)
            else:
                take(browser, labs, sessions, args.to)
                take_first_start(browser, Path(name), args.to)
        browser.close()


if __name__ == "__main__":
    main()
