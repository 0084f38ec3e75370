# tests/recipes/test_recipe_names.py — which names resources and fields may have, and how they are bent
import pytest

from python_coder.errors import UsageError
from python_coder.recipes.names import (
    MAX_NAME,
    check_field_name,
    check_resource_name,
    pascal,
    plural,
    read_class_name,
    singular,
    snake,
)

PLURALS = {
    "category": "categories",
    "day": "days",
    "person": "people",
    "child": "children",
    "order_item": "order_items",
    "house": "houses",
    "photo": "photos",
    "address": "addresses",
    "status": "statuses",
    "box": "boxes",
    "branch": "branches",
    "bus": "buses",
    "response": "responses",
    "cache": "caches",
    "database": "databases",
    "prize": "prizes",
    "hero": "heroes",
    "shelf": "shelves",
    "quiz": "quizzes",
    "analysis": "analyses",
    "lens": "lenses",
    "news": "news_entries",
    "series": "series_entries",
    "sensor_data": "sensor_data_entries",
    "movie": "movies",
    "work_day": "work_days",
}


@pytest.mark.parametrize(("one", "many"), PLURALS.items(), ids=PLURALS)
def test_plural_and_back(one: str, many: str) -> None:
    assert plural(one) == many
    assert singular(many) == one


@pytest.mark.parametrize("word", ["status", "address", "analysis", "news", "data", "series"])
def test_what_is_no_plural_stays(word: str) -> None:
    assert singular(word) == word


CASES = {
    "OrderLine": "order_line",
    "HTTPRoute": "http_route",
    "UserV2": "user_v2",
    "Item": "item",
}


@pytest.mark.parametrize(("name", "bent"), CASES.items(), ids=CASES)
def test_snake(name: str, bent: str) -> None:
    assert snake(name) == bent


@pytest.mark.parametrize("written", ["OrderLine", "orderLine", "order_line", "Order_Line"])
def test_class_name_however_it_is_written(written: str) -> None:
    assert pascal(written) == "OrderLine"
    assert read_class_name(written) == "OrderLine"
    assert check_resource_name(written) == "OrderLine"


@pytest.mark.parametrize(
    "name", ["Order", "User", "News", "Series", "Address", "Status", "Box", "Data", "Match", "Lens"]
)
def test_resource_may_be_called(name: str) -> None:
    assert check_resource_name(name) == name


RESOURCES = {
    "keyword": ("Class", "`class` is a Python keyword"),
    "keyword-in-lower-case": ("import", "`import` is a Python keyword"),
    "keyword-as-class": ("None", "keyword"),
    "keyword-as-plural": ("A", "`as` is a Python keyword"),
    "builtin-as-variable": ("Type", "`type` is a Python builtin"),
    "builtin-as-variable-too": ("Property", "such as `PropertyEntry`"),
    "builtin-as-list": ("Byte", "`bytes` is a Python builtin"),
    "builtin-as-class": ("ValueError", "`ValueError` is a Python builtin"),
    "name-of-a-library": ("Table", "generated code needs that name"),
    "collected-by-pytest": ("Test", "generated code needs that name"),
    "plural": ("Orders", "say `Order`"),
    "plural-in-ies": ("Categories", "say `Category`"),
    "plural-in-es": ("Boxes", "say `Box`"),
    "plural-in-uses": ("Statuses", "say `Status`"),
    "irregular-plural": ("People", "say `Person`"),
    "plural-of-two-words": ("OrderItems", "say `OrderItem`"),
    "digit-first": ("2Fast", "use letters and digits"),
    "accent": ("Café", "use letters and digits"),
    "dash": ("order-line", "use letters and digits"),
    "too-long": ("X" * (MAX_NAME + 1), f"longer than {MAX_NAME} characters"),
}


@pytest.mark.parametrize(("name", "says"), RESOURCES.values(), ids=RESOURCES)
def test_resource_may_not_be_called(name: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_resource_name(name)
    assert says in str(refused.value)


@pytest.mark.parametrize("name", ["Settings", "Type", "People", "Class"])
def test_resource_that_is_there_may_be_called_anything(name: str) -> None:
    assert read_class_name(name) == name


FIELDS = {
    "keyword": ("class", "it is a Python keyword"),
    "soft-keyword": ("match", "it is a Python soft keyword"),
    "id": ("id", "every resource has an `id` already"),
    "builtin": ("list", "it would shadow a Python builtin"),
    "type": ("date", "it would shadow a type that models use"),
    "function-of-generated-code": ("uuid4", "it would shadow"),
    "reserved-by-sqlalchemy": ("metadata", "SQLAlchemy reserves it"),
    "reserved-by-pydantic": ("model_name", "such as `name_value`"),
    "method-of-pydantic": ("json", "it would shadow a method of Pydantic models"),
    "capital": ("unitPrice", "such as `unit_price`"),
    "underscore-first": ("_name", "use lower-case letters"),
    "underscore-last": ("name_", "use lower-case letters"),
    "accent": ("größe", "use lower-case letters"),
    "too-long": ("x" * (MAX_NAME + 1), f"longer than {MAX_NAME} characters"),
}


@pytest.mark.parametrize(("name", "says"), FIELDS.values(), ids=FIELDS)
def test_field_may_not_be_called(name: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_field_name(name)
    assert says in str(refused.value)


@pytest.mark.parametrize("name", ["name", "unit_price", "copyright", "license", "order", "x2", "status", "user"])
def test_field_may_be_called(name: str) -> None:
    assert check_field_name(name) == name
