"""The wizard's answers and the file it writes."""

import tomllib
from typing import Any

import pytest
from click.testing import CliRunner

from assess.commands import choosing
from assess.commands.init import command
from assess.discover import library
from assess.engagement import engagement_from, key_definitions, load
from assess.keys import needed_keys
from assess.wizard import document, sample, understand


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("tenant.public_domains", "contoso.com, contoso.de", ["contoso.com", "contoso.de"]),
        ("cdp.enabled", "no", False),
        ("cmg.expected_instances", "4", 4),
        ("tenant.cloud", "usgov", "usgov"),
        ("tenant.organization", '{ O = "Contoso", C = "DE" }', {"O": "Contoso", "C": "DE"}),
        ("files.cmg_pfx", "pki/cmg.pfx", "pki/cmg.pfx"),
        ("accounts.configmgr_admin", "CONTOSO\\admin", "CONTOSO\\admin"),
    ],
)
def test_answers_are_typed(key, text, value):
    assert understand(key_definitions()[key], text) == value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("tenant.public_domains", "https://contoso.com"),
        ("cdp.enabled", "perhaps"),
        ("cmg.expected_instances", "many"),
        ("tenant.id", "4711"),
        ("accounts.configmgr_admin", "admin"),
        ("tenant.auth.client_secret", "hunter2"),
    ],
)
def test_wrong_answers_are_refused(key, text):
    with pytest.raises(ValueError) as error:
        understand(key_definitions()[key], text)
    assert "hunter2" not in str(error.value)


def test_every_example_is_valid(tmp_path):
    """What the file offers as a comment would be accepted if it were uncommented."""
    for name, definition in key_definitions().items():
        if "*" in name or name.startswith(("waivers.", "engagement.name", "engagement.scenarios")):
            continue
        value = tomllib.loads(f"value = {sample(definition)}")["value"]
        data: dict[str, Any] = {"engagement": {"name": "c", "scenarios": ["hybrid-mdm"]}}
        tree = data
        for part in name.split(".")[:-1]:
            tree = tree.setdefault(part, {})
        tree[name.rpartition(".")[2]] = value
        engagement_from(data, file="x.toml", folder=tmp_path)


def test_the_file_holds_answers_as_values_and_the_rest_as_comments():
    answers = {"engagement.name": "contoso", "engagement.scenarios": ["hybrid-mdm"], "tenant.cloud": "public"}
    text = document(answers, ["tenant.id", "cmg.service_name"])
    assert tomllib.loads(text) == {
        "engagement": {"name": "contoso", "scenarios": ["hybrid-mdm"]},
        "tenant": {"cloud": "public", "auth": {}},
        "cmg": {}, "dns": {}, "ad": {}, "site": {"auth": {}}, "network": {},
    }  # fmt: skip
    assert '# id = "11111111' in text
    assert '# service_name = "cmg.contoso.com"' in text


def test_the_option_is_chosen_after_what_is_required_and_by_number(tmp_path):
    answers = iter({"required_capabilities": "1, 6", "chosen_option": "intune-standalone",
                    "accepted_constraints": "99\n1"}.values())  # fmt: skip
    keys = needed_keys(library(), ["management-option-choice"])
    last = choosing.ordered(keys)[-3:]
    assert last == [
        "planning.required_capabilities", "planning.chosen_option", "planning.accepted_constraints",
    ]  # fmt: skip
    typed = "\n" * (len(keys) - 3) + "\n".join(answers) + "\n"
    file = tmp_path / "c.toml"
    arguments = [str(file), "--name", "c", "--scenario", "management-option-choice"]
    ran = CliRunner().invoke(command, arguments, input=typed, standalone_mode=False)
    assert ran.return_value == 0, ran.output
    written = load(file)
    assert written.get("planning.required_capabilities") == [
        "device.platform-policies", "device.wipe",
    ]  # fmt: skip
    assert written.get("planning.chosen_option") == "intune-standalone"
    assert written.get("planning.accepted_constraints") == ["intune.licence-cost"]
    assert "hybrid: retired" in ran.output
    assert "numbers from 1 to 5 are needed" in ran.output
