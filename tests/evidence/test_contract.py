# tests/evidence/test_contract.py — the contract's form, its published schema, its file, and edits that are found
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sample_runs import record_run

from python_coder.errors import EnvironmentLacksError, EvidenceError
from python_coder.evidence.contract import Contract, contract_json, contract_schema, read_contract, write_contract

SCHEMA = Path(__file__).parents[2] / "schemas" / "contract.schema.json"
SPECIFIED = {"summary", "rationale", "artifacts", "diffs", "commands_run", "verification", "followups"}
OURS = {"status", "ended_because", "gates", "not_judged", "model_says", "run"}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "contract.json"
    write_contract(path, record_run(tmp_path / "ledger.jsonl"))
    return path


def test_published_schema_is_fresh() -> None:
    text = json.dumps(contract_schema(), indent=2, sort_keys=True) + "\n"
    assert SCHEMA.read_text(encoding="utf-8") == text, "python -m python_coder.evidence.contract > " + str(SCHEMA.name)


RUNS: dict[str, dict[str, Any]] = {
    "proven": {},
    "refused": {"files": (), "status": "refused", "because": "refused", "gates": (), "report": {}, "delivered": ""},
    "unproven": {"status": "unproven", "because": "interrupted", "delivered": ""},
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_contract_fits_the_published_schema(tmp_path: Path, run: dict[str, Any]) -> None:
    contract = json.loads(contract_json(record_run(tmp_path / "ledger.jsonl", **run)))
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    validator.validate(contract)
    assert contract.keys() == SPECIFIED | OURS
    assert not validator.is_valid({**contract, "extra": 1})
    assert not validator.is_valid({name: value for name, value in contract.items() if name != "status"})
    assert not validator.is_valid({**contract, "status": "perfect"})


def test_reads_what_was_written(written: Path, tmp_path: Path) -> None:
    contract = read_contract(written)
    assert written.read_text(encoding="utf-8") == contract_json(contract)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_layout_of_the_file_does_not_count(written: Path) -> None:
    contract = read_contract(written)
    written.write_text(json.dumps(json.loads(written.read_text())))
    assert read_contract(written) == contract


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from _leaves(inner, (*path, key))
    else:
        yield path


@given(data=st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, database=None)
def test_any_edited_value_is_found(written: Path, data: st.DataObject) -> None:
    text = written.read_text()
    contract = json.loads(text)
    leaf = data.draw(st.sampled_from(sorted(_leaves(contract), key=str)))
    place = contract
    for step in leaf[:-1]:
        place = place[step]
    old = place[leaf[-1]]
    place[leaf[-1]] = data.draw(
        st.sampled_from(["proven", "", "x", 1, 0.5, [], {}, None]).filter(lambda new: new != old)
    )
    edited = written.with_name("edited.json")
    edited.write_text(json.dumps(contract))
    with pytest.raises(EvidenceError):
        read_contract(edited)


DAMAGED = {
    "not-json": ("{", "is no contract"),
    "no-contract": ("[]", "is no contract"),
    "other-document": ("{}", "is no contract: summary"),
    "deep": ("[" * 100_000, "is no contract"),
    "not-text": ("\udcff\udcfe", "is no contract"),
}


@pytest.mark.parametrize(("text", "why"), DAMAGED.values(), ids=DAMAGED)
def test_what_is_no_contract_is_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "contract.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(EvidenceError, match=why):
        read_contract(path)


def test_key_that_stands_twice_is_refused(written: Path) -> None:
    text = written.read_text().replace('"status": "proven"', '"status": "unproven",\n  "status": "proven"')
    written.write_text(text)
    with pytest.raises(EvidenceError, match="a key stands twice"):
        read_contract(written)


def test_missing_contract_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacksError, match=r"contract\.json"):
        read_contract(tmp_path / "contract.json")


def test_unwritable_place_keeps_the_old_contract(written: Path, tmp_path: Path) -> None:
    contract: Contract = read_contract(written)
    with pytest.raises(EnvironmentLacksError, match="PYTHON_CODER_STATE"):
        write_contract(tmp_path / "missing" / "contract.json", contract)
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(EnvironmentLacksError, match="cannot be written"):
        write_contract(tmp_path / "folder.json", contract)
    assert read_contract(written) == contract
