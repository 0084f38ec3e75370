# src/python_coder/recipes/add_field.py — recipe: one more field of a resource that is there
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.clashes import check_field_words
from python_coder.recipes.document_code import DocumentWriter
from python_coder.recipes.edits import FileEdit, RecipeResult
from python_coder.recipes.field_edits import FieldEdits
from python_coder.recipes.field_tests import FieldTests
from python_coder.recipes.fields import Default, FieldSpec, FieldType, Generated, default_text
from python_coder.recipes.migration_code import MigrationWriter
from python_coder.recipes.plan import Plan
from python_coder.recipes.rename import Naming
from python_coder.service_map.conventions import read_conventions
from python_coder.service_map.files import FileView

_ZEROS: dict[FieldType, Default] = {
    FieldType.STR: "",
    FieldType.INT: 0,
    FieldType.FLOAT: 0.0,
    FieldType.BOOL: False,
    FieldType.DECIMAL: Decimal("0.00"),
    FieldType.DATETIME: Generated.NOW,
    FieldType.DATE: Generated.TODAY,
    FieldType.UUID: Generated.NEW_UUID,
}

_WORDS = {
    Generated.NOW: "the time of the change",
    Generated.TODAY: "the day of the change",
    Generated.NEW_UUID: "a new UUID each",
}


def add_field(files: FileView, resource: str, asked: FieldSpec) -> RecipeResult:
    """Work out the edits that add a field to table, schemas, endpoints, tests, migration and documents.

    Rows and clients that are there know nothing of it, so a field that must not be null gets a value for them.

    Raises:
        RecipeRefusedError: The repository cannot be followed, the field exists, or old rows could get no value.
    """
    house = read_conventions(files, resource)
    spec = _with_value_for_old_rows(asked)
    plan = Plan(house=house, naming=Naming.of_resource(house.sibling), fields=(spec,))
    _check(plan, spec)
    edits = tuple(_edits(plan, spec))
    has_migration = plan.house.migrations is not None
    return RecipeResult(
        edits=edits,
        scope=tuple(edit.path for edit in edits),
        summary=f"Add the field {spec.name} to {resource}.",
        rationale=(
            f"{spec.name} stands beside the other fields of {resource} wherever they are, written as they are; "
            "what existing rows and clients rely on stays as it is."
        ),
        followups=tuple(_followups(plan, asked, spec)),
        has_migration=has_migration,
    )


def _with_value_for_old_rows(asked: FieldSpec) -> FieldSpec:
    """The field with the value that existing rows get, when it must not be null and none was given."""
    if asked.is_unique and asked.default is not None and asked.default is not Generated.NEW_UUID:
        raise RecipeRefusedError(
            f"`{asked.name}` is unique, so existing rows cannot all get the same default: say `optional` instead."
        )
    if not asked.is_required:
        return asked
    if asked.type is FieldType.REFERENCE:
        raise RecipeRefusedError(
            f"`{asked.name}` must point to a {asked.target}, and existing rows have none to point to: say `optional`."
        )
    if asked.is_unique and asked.type is not FieldType.UUID:
        raise RecipeRefusedError(
            f"`{asked.name}` is unique, and no value can be made up for each existing row: say `optional`."
        )
    return replace(asked, default=asked.members[0] if asked.type is FieldType.ENUM else _ZEROS[asked.type])


def _check(plan: Plan, spec: FieldSpec) -> None:
    resource = plan.sibling
    taken = set(plan.house.reader.index.attributes(resource.create)) | set(resource.model.columns)
    if spec.name in taken:
        where = f"{resource.model.found.source.path}:{resource.model.found.fact.first_line}"
        raise RecipeRefusedError(f"{resource.model.name} has a field `{spec.name}` already, see {where}.")
    check_field_words(plan)
    if spec.type is FieldType.REFERENCE:
        plan.target_id_type(spec)
    if resource.update is None:
        raise RecipeRefusedError(f"{resource.model.name} has no schema for changes that could be read.")


def _edits(plan: Plan, spec: FieldSpec) -> Iterator[FileEdit]:
    naming = plan.naming
    path, text = FieldTests(plan).write()
    if plan.house.project.files.read(path) is not None:
        raise RecipeRefusedError(f"`{path}` exists already, so the tests of {spec.name} cannot be written there.")
    yield FileEdit(path=path, content=text, note=f"tests of the {spec.name} of {naming.spoken_many}")
    for changed, new in FieldEdits(plan, spec).edits():
        yield FileEdit(path=changed, content=new, note=f"{naming.spoken_many}: {spec.name}")
    if plan.house.migrations is not None:
        revision = MigrationWriter(plan, plan.house.migrations).add_column(spec)
        yield FileEdit(path=revision.path, content=revision.text, note=f"migration: {plan.table}.{spec.name}")
    outcome = f"{naming.spoken_many.capitalize()} have a {spec.name.replace('_', ' ')}."
    for changed, new in DocumentWriter(plan).tell(outcome):
        yield FileEdit(path=changed, content=new, note=f"documents {spec.name}")


def _followups(plan: Plan, asked: FieldSpec, spec: FieldSpec) -> Iterator[str]:
    if asked.is_required and spec.default is not None:
        yield (
            f"{spec.name} was given no default: existing rows, and clients that do not send it, get "
            f"{_words(spec.default)}. Make it required once all clients send it."
        )
    if plan.house.migrations is not None:
        yield "Run the migration before the new code serves requests; its downgrade drops the column and its data."
    else:
        yield f"This repository has no migrations: add the column to existing databases by hand ({plan.table})."


def _words(value: Default) -> str:
    return _WORDS[value] if isinstance(value, Generated) else default_text(value)
