# src/python_coder/recipes/add_resource.py — recipe: a new resource, written like the most complete one there is
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.clashes import check_field_words, check_resource_words
from python_coder.recipes.document_code import DocumentWriter
from python_coder.recipes.edits import FileEdit, RecipeResult
from python_coder.recipes.fields import FieldSpec, FieldType
from python_coder.recipes.migration_code import MigrationWriter
from python_coder.recipes.modules import ModuleWriter
from python_coder.recipes.names import sentence_list
from python_coder.recipes.plan import Plan
from python_coder.recipes.rename import Naming
from python_coder.recipes.resource_tests import ResourceTests
from python_coder.recipes.schema_code import family
from python_coder.recipes.wiring import Wiring
from python_coder.service_map.conventions import Conventions, read_conventions
from python_coder.service_map.files import FileView
from python_coder.service_map.testing import read_test_style


def add_resource(files: FileView, name: str, fields: tuple[FieldSpec, ...]) -> RecipeResult:
    """Work out the edits that add a resource with table, schemas, endpoints, tests, migration and documents.

    Raises:
        RecipeRefusedError: The repository cannot be followed, or the name is taken.
    """
    plan, edits = _first_that_works(read_conventions(files), Naming.of(name), fields)
    has_migration = plan.house.migrations is not None
    return RecipeResult(
        edits=edits,
        scope=tuple(edit.path for edit in edits),
        summary=f"Add the resource {name} with {sentence_list(spec.name for spec in fields)}.",
        rationale=(
            f"{name} is written like {plan.sibling.model.name}, so that it follows this repository's own ways: "
            f"where code lives, how a session is injected, how errors are answered, how tests call the service."
        ),
        followups=tuple(_followups(plan, has_migration=has_migration)),
        has_migration=has_migration,
    )


def _first_that_works(
    house: Conventions, naming: Naming, fields: tuple[FieldSpec, ...]
) -> tuple[Plan, tuple[FileEdit, ...]]:
    """The change, written like the first resource that can be followed; refused for the reason of the first."""
    reasons: list[RecipeRefusedError] = []
    for sibling in house.reader.resources:
        if sibling.missing:
            continue
        try:
            tests = read_test_style(house.project, house.reader.routes, sibling)
            plan = Plan(house=replace(house, sibling=sibling, tests=tests), naming=naming, fields=fields)
            _check(plan)
            return plan, tuple(_Writer(plan).edits())
        except RecipeRefusedError as error:
            reasons.append(error)
    raise reasons[0]


@dataclass(frozen=True)
class _Writer:
    plan: Plan

    def edits(self) -> Iterator[FileEdit]:
        plan = self.plan
        naming = plan.naming
        modules = ModuleWriter(plan)
        files = plan.house.project.files
        path, text = ResourceTests(plan).write()
        if files.read(path) is not None:
            raise RecipeRefusedError(f"`{path}` exists already, so the tests of {naming.name} cannot be written there.")
        yield FileEdit(path=path, content=text, note=f"tests of {naming.spoken_many}")
        yield from self._packages([path])
        written = [modules.write(source) for source in modules.sources()]
        yield from self._packages([path for path, _ in written])
        for path, text in written:
            yield FileEdit(path=path, content=text, note=self._note(path))
        for path, text in Wiring(plan, modules).edits():
            yield FileEdit(path=path, content=text, note=f"registers {naming.spoken_many}")
        if plan.house.migrations is not None:
            revision = MigrationWriter(plan, plan.house.migrations).create_table()
            yield FileEdit(path=revision.path, content=revision.text, note=f"migration: the table {plan.table}")
        outcome = f"{naming.spoken_many.capitalize()} can be listed, created, shown, changed and deleted."
        for path, text in DocumentWriter(plan).list_resource(outcome):
            yield FileEdit(path=path, content=text, note=f"documents {naming.spoken_many}")

    def _note(self, path: str) -> str:
        plan, spoken = self.plan, self.plan.naming.spoken_many
        rename = plan.path
        parts = [
            name
            for name, source in (
                ("table", plan.model_file),
                ("schemas", plan.schema_file),
                ("endpoints", plan.router_file),
            )
            if rename(source.path) == path
        ]
        return f"{sentence_list(parts)} of {spoken}"

    def _packages(self, paths: list[str]) -> Iterator[FileEdit]:
        """`__init__.py` in new folders whose siblings have one."""
        files = self.plan.house.project.files
        old = [self.plan.house.tests.source, *ModuleWriter(self.plan).sources()]
        for source in {posixpath.dirname(each.path): each for each in old}.values():
            folder = posixpath.dirname(source.path)
            new = self.plan.path(folder)
            if new == folder or not any(path.startswith(f"{new}/") for path in paths):
                continue
            if files.read(f"{folder}/__init__.py") is not None and files.read(f"{new}/__init__.py") is None:
                banner = self.plan.house.banner(f"{new}/__init__.py", self.plan.naming.spoken_many)
                yield FileEdit(
                    path=f"{new}/__init__.py", content="".join(f"{line}\n" for line in banner), note="package"
                )


def _check(plan: Plan) -> None:
    naming, reader = plan.naming, plan.house.reader
    taken = {naming.name, naming.name_many, *(plan.renamer.identifier(fact.name) for fact in family(plan))}
    taken |= {plan.enum_class(spec) for spec in plan.fields if spec.type is FieldType.ENUM}
    for found in reader.index.all:
        if found.fact.name in taken:
            where = f"{found.source.path}:{found.fact.first_line}"
            kind = "The resource" if found.fact.name in reader.models else "The class"
            raise RecipeRefusedError(f"{kind} `{found.fact.name}` exists already, in {where}. Choose another name.")
    table = next((model for model in reader.models.values() if model.table == plan.table), None)
    if table is not None:
        raise RecipeRefusedError(
            f"The table `{plan.table}` exists already: `{table.name}` has it. Choose another name."
        )
    check_resource_words(plan)
    check_field_words(plan)
    for spec in plan.fields:
        if spec.name in plan.carried:
            raise RecipeRefusedError(f"`{spec.name}` is a column that every table here gets by itself. Leave it out.")
        if spec.type is FieldType.REFERENCE:
            _check_reference(plan, spec)


def _check_reference(plan: Plan, spec: FieldSpec) -> None:
    plan.target_id_type(spec)
    if spec.target == plan.naming.name and not spec.is_optional:
        raise RecipeRefusedError(
            f"`{spec.name}` points to {spec.target} itself, so the first row could never be made: say `optional`."
        )


def _followups(plan: Plan, *, has_migration: bool) -> Iterator[str]:
    naming = plan.naming
    if has_migration:
        yield "Run the migration on each database before the new code serves requests; its downgrade drops the table."
    else:
        yield f"This repository has no migrations: the table `{plan.table}` is made where the others are made."
    for spec in plan.fields:
        if spec.type is FieldType.REFERENCE and spec.target != naming.name:
            target = Naming.of(spec.target).with_article
            yield _on_delete(plan, spec, target)
            if plan.owner is not None and plan.owner.name in plan.target(spec).columns:
                yield f"Anybody may point to {target} of somebody else: check its owner too, if that matters."
    if plan.owner is None and plan.house.tests.headers:
        yield f"Every signed-in user may change every {naming.spoken}: add a rule if rows have owners."


def _on_delete(plan: Plan, spec: FieldSpec, target: str) -> str:
    many = plan.naming.spoken_many
    rule = plan.delete_rule(spec)
    if rule == "CASCADE":
        return f"Deleting {target} deletes the {many} that point to it, as references here do."
    if rule:
        return f"Deleting {target} empties `{spec.name}` of the {many} that point to it, as references here do."
    return f"The database keeps {target} that {many} point to: decide what deleting it answers."
