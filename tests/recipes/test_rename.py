# tests/recipes/test_rename.py — code about one resource becomes code about another, and nothing else changes
import pytest

from python_coder.recipes.rename import Naming, Renamer


def _renamer(old: str, new: str, many: str = "", others: tuple[str, ...] = ()) -> Renamer:
    naming = Naming.of(old)
    return Renamer(Naming(name=old, one=naming.one, many=many or naming.many), Naming.of(new), frozenset(others))


ITEM = _renamer("Item", "OrderLine")
IDENTIFIERS = {
    "class": (ITEM, "Item", "OrderLine"),
    "schema": (ITEM, "ItemCreate", "OrderLineCreate"),
    "schema-verb-first": (ITEM, "CreateItem", "CreateOrderLine"),
    "plural-class": (ITEM, "ItemsPublic", "OrderLinesPublic"),
    "variable": (ITEM, "item", "order_line"),
    "part": (ITEM, "db_item_id", "db_order_line_id"),
    "plural": (ITEM, "list_items", "list_order_lines"),
    "constant": (ITEM, "MAX_ITEMS", "MAX_ORDER_LINES"),
    "camel": (ITEM, "itemId", "orderLineId"),
    "longer-word": (ITEM, "itemize", "itemize"),
    "longer-class": (ITEM, "Itemized", "Itemized"),
    "word-that-holds-it": (ITEM, "lineitem", "lineitem"),
    "new-holds-old": (_renamer("Item", "ItemReview"), "read_items_of_item", "read_item_reviews_of_item_review"),
    "new-class-holds-old": (_renamer("Item", "ItemReview"), "ItemsOfItem", "ItemReviewsOfItemReview"),
    "old-holds-new": (_renamer("OrderItem", "Order"), "order_items", "orders"),
    "other-class": (_renamer("Item", "Product", others=("OrderItem",)), "OrderItemCreate", "OrderItemCreate"),
    "other-variable": (_renamer("Item", "Product", others=("OrderItem",)), "order_items", "order_items"),
    "own-beside-other": (_renamer("Item", "Product", others=("OrderItem",)), "item_order_items", "product_order_items"),
    "irregular": (_renamer("Category", "Person"), "category_to_categories", "person_to_people"),
    "irregular-class": (_renamer("Person", "Category"), "PeopleRead", "CategoriesRead"),
    "uncountable": (_renamer("News", "Status"), "news_entries_news", "statuses_status"),
    "plural-is-singular": (_renamer("News", "Box", many="news"), "list_news", "list_box"),
    "plural-is-singular-class": (_renamer("News", "Box", many="news"), "NewsRead", "BoxRead"),
    "singular-address-plural-in-code": (_renamer("Item", "Box", many="item"), "items_item", "boxes_box"),
    "short-address": (_renamer("UserAccount", "Box", many="accounts"), "account_of_user_accounts", "box_of_boxes"),
    "joined": (_renamer("OrderLine", "CartItem"), "orderline", "cartitem"),
    "acronym": (_renamer("HTTPRoute", "Box"), "HTTPRouteRead_http_route", "BoxRead_box"),
    "to-acronym": (_renamer("Box", "HTTPRoute"), "BoxRead_boxes", "HTTPRouteRead_http_routes"),
}


@pytest.mark.parametrize(("renamer", "before", "after"), IDENTIFIERS.values(), ids=IDENTIFIERS)
def test_identifier(renamer: Renamer, before: str, after: str) -> None:
    assert renamer.identifier(before) == after


CODE = {
    "method-of-a-mapping": (
        "for key in items.items(): item.items()",
        "for key in order_lines.items(): order_line.items()",
    ),
    "class-of-a-module": ("models.Item(item.name)", "models.OrderLine(order_line.name)"),
    "key": ('{"items": items}', '{"order_lines": order_lines}'),
    "tag": ('APIRouter(prefix="/items", tags=["items"])', 'APIRouter(prefix="/order-lines", tags=["order-lines"])'),
    "tag-with-capital": ('tags=["Items"]', 'tags=["Order lines"]'),
    "address": ('@router.get("/items/{item_id}")', '@router.get("/order-lines/{order_line_id}")'),
    "formatted": ('f"No item {item_id}, {item.name}"', 'f"No order line {order_line_id}, {order_line.name}"'),
    "formatted-address": ('f"/items/{item_id}/x"', 'f"/order-lines/{order_line_id}/x"'),
    "event": ('log.info("item_created")', 'log.info("order_line_created")'),
    "sentence": ('detail="Item not found"', 'detail="Order line not found"'),
    "name-for-people": ('raise not_found("Item", item_id)', 'raise not_found("Order line", order_line_id)'),
    "name-of-a-class": ('relationship("Item")', 'relationship("OrderLine")'),
    "column-of-a-table": ('ForeignKey("items.id")', 'ForeignKey("order_lines.id")'),
    "quoted-in-a-string": ("detail='Item not found'", "detail='Order line not found'"),
}


@pytest.mark.parametrize(("before", "after"), CODE.values(), ids=CODE)
def test_code(before: str, after: str) -> None:
    assert ITEM.code(before) == after


SENTENCES = {
    "article-becomes-an": (ITEM, "A new item, an item.", "A new order line, an order line."),
    "article-becomes-a": (_renamer("Item", "Product"), "An item. Of an item.", "A product. Of a product."),
    "article-of-another-word": (_renamer("Item", "Product"), "An answer on an item.", "An answer on a product."),
    "plural": (ITEM, "Items are listed. List items.", "Order lines are listed. List order lines."),
    "class-name": (_renamer("OrderLine", "Box"), "The OrderLine or order line.", "The Box or box."),
    "new-holds-old": (_renamer("Item", "ItemReview"), "All items of an item.", "All item reviews of an item review."),
    "other-word": (ITEM, "Itemized by item's date.", "Itemized by order line's date."),
}


@pytest.mark.parametrize(("renamer", "before", "after"), SENTENCES.values(), ids=SENTENCES)
def test_sentence(renamer: Renamer, before: str, after: str) -> None:
    assert renamer.sentence(before) == after


ADDRESSES = {
    "dashes": (ITEM, "`GET /v1/items/{item_id}`", "`GET /v1/order-lines/{order_line_id}`"),
    "from-dashes": (_renamer("OrderLine", "Box"), "/order-lines/{order_line_id}", "/boxes/{box_id}"),
    "keeps-underscores": (_renamer("OrderLine", "CartItem"), "/order_lines", "/cart_items"),
    "new-holds-old": (_renamer("Item", "ItemReview"), "/items/{item_id}", "/item-reviews/{item_review_id}"),
    "other-resource": (_renamer("Item", "Box", others=("OrderItem",)), "/order-items/x/items", "/order-items/x/boxes"),
    "singular": (_renamer("Item", "Box", many="item"), "/item/{item_id}", "/box/{box_id}"),
}


@pytest.mark.parametrize(("renamer", "before", "after"), ADDRESSES.values(), ids=ADDRESSES)
def test_address(renamer: Renamer, before: str, after: str) -> None:
    assert renamer.address(before) == after


def test_registration_renames_attributes_too() -> None:
    before = 'app.include_router(items.router, prefix="/items", tags=["items"])'
    after = 'app.include_router(order_lines.router, prefix="/order-lines", tags=["order-lines"])'
    assert ITEM.registration(before) == after


NAMINGS = {
    "plain": ("Product", "Products", "product", "products", "a product"),
    "two-words": ("OrderItem", "OrderItems", "order item", "order items", "an order item"),
    "irregular": ("Person", "People", "person", "people", "a person"),
    "y": ("Category", "Categories", "category", "categories", "a category"),
    "s": ("Address", "Addresses", "address", "addresses", "an address"),
    "us": ("Status", "Statuses", "status", "statuses", "a status"),
    "uncountable": ("News", "NewsEntries", "news", "news entries", "a news"),
}


@pytest.mark.parametrize(("name", "many", "spoken", "spoken_many", "article"), NAMINGS.values(), ids=NAMINGS)
def test_naming(name: str, many: str, spoken: str, spoken_many: str, article: str) -> None:
    naming = Naming.of(name)
    assert (naming.name_many, naming.spoken, naming.spoken_many) == (many, spoken, spoken_many)
    assert naming.with_article == article
