"""docs/containers.md against the files it describes."""
import re

from conftest import ROOT, SETUP, load_compose

from settings import BENCHMARK_SETTINGS, variable_of

PAGE = (ROOT / "docs" / "containers.md").read_text()


def test_the_table_of_ports_is_that_of_compose():
    service, shown = "", {}
    for row in re.findall(r"^\|.*`BENCHMARK_\w+_PORT`.*\|$", PAGE, re.MULTILINE):
        name, _, ports, _ = (cell.strip() for cell in row.strip("|").split("|"))
        service = name.strip("`") or service
        variable, host = re.match(r"`(\w+)` \((\d+)\) -> ", ports).groups()
        shown[variable] = (service, host, re.findall(r"\d+", ports)[-1])

    defaults = {variable_of("benchmark", key): value for key, value in BENCHMARK_SETTINGS.items() if key.endswith("-port")}
    published = {}
    for name, service in load_compose({variable: f"<{variable}>" for variable in defaults})["services"].items():
        for entry in service["ports"]:
            _, variable, container = entry.split(":")
            published[variable.strip("<>")] = (name, defaults[variable.strip("<>")], container)
    assert shown == published


def test_the_table_of_profiles_is_that_of_compose():
    compose = load_compose({})
    shown = dict(re.findall(r"^\| `(benchmark-\w+)` \| ([\w, ]+) \|", PAGE, re.MULTILINE))
    assert shown == {name: ", ".join(one["profiles"]) for name, one in compose["services"].items()}


def test_every_image_and_its_default_is_named():
    images = {variable_of("benchmark", key): value for key, value in BENCHMARK_SETTINGS.items() if key.endswith("-image")}
    assert len(images) == 10
    for variable, default in images.items():
        assert f"`{variable}`" in PAGE and f"`{default}`" in PAGE, variable


def test_every_variable_named_on_the_page_exists():
    known = {variable_of("benchmark", key) for key in BENCHMARK_SETTINGS}
    named = set(re.findall(r"\bBENCHMARK_\w+", PAGE))
    assert named and named <= known, named - known


def test_the_scripts_and_recipes_named_in_the_docs_exist():
    recipes = set(re.findall(r"^([a-z][\w-]*)[^:=\n]*:", (ROOT / "infra" / "mod.just").read_text(), re.MULTILINE))
    hacking = (ROOT / "docs" / "hacking.md").read_text()
    named = set(re.findall(r"just infra ([a-z-]+)", PAGE + hacking))
    assert named and named <= recipes, named - recipes
    assert recipes - {"default", "compose"} <= named, "a recipe nobody is told about"
    for script in set(re.findall(r"infra/setup/([\w.-]+\.(?:sh|py))", PAGE)):
        assert (SETUP / script).exists(), script
