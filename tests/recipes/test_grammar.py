# tests/recipes/test_grammar.py — tasks that need no model: ways to say them, and a place and a mend in each refusal
import pytest

from python_coder.errors import NotUnderstoodError, UsageError
from python_coder.recipes.grammar import MAX_FIELDS, UNDERSTOOD, parse_task

PRODUCT = {"name": "Product", "fields": ["name: str", "price: Decimal"]}
WEIGHT = {"resource": "Product", "field": "weight: float = 0.0"}
READ = {
    "plain": ("Add resource Product with name: str, price: Decimal", "add_resource", PRODUCT),
    "polite": (
        "Please create a new resource called Product with fields: name: str; price: Decimal.",
        "add_resource",
        PRODUCT,
    ),
    "with-and": ("add the resource Product with name: str and price: Decimal", "add_resource", PRODUCT),
    "lines": ("Add resource Product with:\n- name: str\n- price: Decimal\n", "add_resource", PRODUCT),
    "in-backticks": ("`Add resource Product with name: str, price: Decimal`", "add_resource", PRODUCT),
    "snake-case": (
        "Add resource order_line with amount: int",
        "add_resource",
        {"name": "OrderLine", "fields": ["amount: int"]},
    ),
    "field": ("Add field weight: float = 0.0 to Product", "add_field", WEIGHT),
    "field-in-more-words": ("Add a new field weight: float = 0.0 to the Product resource.", "add_field", WEIGHT),
    "field-of-anything-that-is-there": (
        "Add field weight: float to Settings",
        "add_field",
        {"resource": "Settings", "field": "weight: float"},
    ),
    "field-named-to": ("Add field to: str to Product", "add_field", {"resource": "Product", "field": "to: str"}),
    "fields-named-like-modifiers": (
        "Add resource Gift with optional: bool = true, unique: int",
        "add_resource",
        {"name": "Gift", "fields": ["optional: bool = true", "unique: int"]},
    ),
    "reference": (
        "Add resource Note with owner: -> User optional",
        "add_resource",
        {"name": "Note", "fields": ["owner_id: -> User optional"]},
    ),
}


@pytest.mark.parametrize(("task", "recipe", "arguments"), READ.values(), ids=READ)
def test_task_is_read(task: str, recipe: str, arguments: dict[str, object]) -> None:
    request = parse_task(task)
    assert request is not None
    assert (request.recipe, request.arguments) == (recipe, arguments)


@pytest.mark.parametrize("task", ["", "Make it faster", "Add resources", "Add a field-day", "Remove resource Product"])
def test_other_tasks_are_left_to_a_model(task: str) -> None:
    assert parse_task(task) is None


NOT_READ = {
    "no-name": ("Add resource", "a resource needs a name"),
    "no-name-but-fields": ("Add resource with name: str", "a resource needs a name"),
    "no-fields": ("Add resource Product", "`with` and the fields come next"),
    "nothing-after-with": ("Add resource Product with", "a field comes here"),
    "field-without-type": ("Add resource Product with name, price: Decimal", "a field comes here"),
    "no-comma": ("Add resource Product with name: str price: Decimal", "a comma and the next field"),
    "no-such-type": ("Add resource Product with name: frob", "Known types: str, int"),
    "no-resource": ("Add field weight: float", "`to` and the resource"),
    "nothing-after-to": ("Add field weight: float to", "the resource comes here"),
    "two-fields": ("Add field weight: float, size: int to Product", "one field at a time"),
    "more-after-the-resource": ("Add field weight: float to Product and Item", "nothing can follow the resource"),
}


@pytest.mark.parametrize(("task", "says"), NOT_READ.values(), ids=NOT_READ)
def test_what_cannot_be_read_is_named_with_its_place(task: str, says: str) -> None:
    with pytest.raises(NotUnderstoodError) as refused:
        parse_task(task)
    assert says in str(refused.value)
    assert "at character" in str(refused.value)


NO_SENSE = {
    "field-twice": ("Add resource Product with name: str, name: int", "The field `name` is there twice"),
    "field-twice-as-reference": ("Add resource Note with owner: -> User, owner_id: int", "`owner_id` is there twice"),
    "id": ("Add resource Product with id: int", "every resource has an `id` already"),
    "keyword-as-field": ("Add resource Product with class: str", "Python keyword"),
    "keyword-as-resource": ("Add resource Class with name: str", "Python keyword"),
    "builtin-as-resource": ("Add resource Type with name: str", "Python builtin"),
    "plural": ("Add resource Products with name: str", "say `Product`"),
    "too-many": (
        "Add resource Product with " + ", ".join(f"f{n}: int" for n in range(MAX_FIELDS + 1)),
        f"1 to {MAX_FIELDS} fields, not {MAX_FIELDS + 1}",
    ),
    "constant-for-a-unique-field": ('Add field sku: str unique = "x" to Product', "clash"),
}


@pytest.mark.parametrize(("task", "says"), NO_SENSE.values(), ids=NO_SENSE)
def test_what_makes_no_sense_is_refused(task: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_task(task)
    assert says in str(refused.value)


def test_every_example_of_the_help_is_read() -> None:
    examples = [line.strip() for line in UNDERSTOOD.splitlines() if line.startswith("  Add") and "FIELD" not in line]
    assert len(examples) == 2
    assert all(parse_task(example) for example in examples)
