"""A USB stick carries the network between labs that have no line."""

from tests.e2e.conftest import NewLab


def test_a_bundle_carries_what_a_line_would(new_lab: NewLab) -> None:
    city, van, farm = new_lab("Ville"), new_lab("Camionnette"), new_lab("Ferme")
    city.run("item", "add", "--name", "Découpeuse laser", "--code", "LASER")
    # Who vouches is a matter of two facts; the labs need never have met on a line.
    for one, other in ((van, city), (city, van), (farm, van), (van, farm)):
        one.run("vouch", other.id)
    first, second = city.data / "first.fedlab", city.data / "second.fedlab"

    written = city.run("bundle", "write", first)
    assert (written["labs"], written["entries"]) == (1, 4)
    read = van.run("bundle", "read", first)
    assert (read["labs"], read["entries"], read["problems"]) == (1, 4, [])

    carried = van.run("bundle", "write", second)
    assert carried["labs"] == 2
    farm.run("bundle", "read", second)
    # The van's vouches came in the same file as what they let in: the rest is read once more.
    farm.run("bundle", "read", second)
    assert farm.finds("laser cutter")["lab"] == city.id

    city.run("item", "add", "--name", "Fraiseuse", "--code", "FRAISE")
    news = city.run("bundle", "write", second, "--since", first)
    assert (news["labs"], news["entries"]) == (1, 1)
    with farm.running():
        farm.run("bundle", "read", second)
        assert farm.finds("milling machine")["lab"] == city.id
    assert farm.run("verify")["problems"] == []


def test_a_spoilt_bundle_is_refused_and_nothing_breaks(new_lab: NewLab) -> None:
    city, farm = new_lab("Ville"), new_lab("Ferme")
    farm.run("vouch", city.id)
    stick = city.data / "stick"
    city.run("bundle", "write", stick)
    whole = stick.read_bytes()
    for spoilt in (whole[:-3], b"", b"a shopping list", whole[:200] + b"\x00" + whole[201:]):
        stick.write_bytes(spoilt)
        error = farm.run("bundle", "read", stick, expect=1)["error"]
        assert error["message"]
    assert farm.run("verify")["problems"] == []
    stick.write_bytes(whole)
    farm.run("bundle", "read", stick)
    assert len(farm.run("log", city.id)) == 2
