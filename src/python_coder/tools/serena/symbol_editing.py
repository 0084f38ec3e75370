# src/python_coder/tools/serena/symbol_editing.py — edits of whole symbols
from collections.abc import Callable
from dataclasses import dataclass

from python_coder.symbols.edits import Allowed, insert_after, insert_before, replace_body
from python_coder.symbols.fitting import was_shifted
from python_coder.symbols.symbol import Symbol
from python_coder.tools.serena.batch import Edit
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.symbols import one_symbol
from python_coder.tools.serena.writing import source_to_edit, write_edits


@dataclass(frozen=True)
class SymbolEditingTools:
    """Edits that name a symbol instead of lines. Each public method is one tool.

    A file that would not parse afterwards is not written; the answer tells the findings that the edit causes.
    """

    context: SerenaContext
    allow_more: bool = False
    """Whether a new body may hold other definitions beside the one that it replaces."""

    async def insert_before_symbol(self, name_path: str, relative_path: str, body: str) -> str:
        """Put new code before a symbol and its decorators, at the symbol's level."""
        symbol = one_symbol(self.context, name_path, relative_path)
        return await self._edit(symbol, "Inserted before", body, lambda source: insert_before(source, symbol, body))

    async def insert_after_symbol(self, name_path: str, relative_path: str, body: str) -> str:
        """Put new code after a symbol, at the symbol's level."""
        symbol = one_symbol(self.context, name_path, relative_path)
        return await self._edit(symbol, "Inserted after", body, lambda source: insert_after(source, symbol, body))

    async def replace_symbol_body(
        self,
        name_path: str,
        relative_path: str,
        body: str,
        allow_decorator_loss: bool = False,  # noqa: FBT001, FBT002 - a tool's parameters come by name
        allow_indentation_change: bool = False,  # noqa: FBT001, FBT002 - a tool's parameters come by name
        allow_rename: bool = False,  # noqa: FBT001, FBT002 - a tool's parameters come by name
    ) -> str:
        """Replace a whole definition: decorators, signature and body."""
        symbol = one_symbol(self.context, name_path, relative_path)

        def edited(source: str) -> str:
            allowed = Allowed(
                decorator_loss=allow_decorator_loss,
                indentation_change=allow_indentation_change,
                rename=allow_rename,
                more=self.allow_more,
            )
            return replace_body(source, symbol, body, allowed=allowed)

        return await self._edit(symbol, "Replaced", body, edited)

    async def _edit(self, symbol: Symbol, verb: str, body: str, edited: Callable[[str], str]) -> str:
        source = source_to_edit(self.context, symbol.path)
        text = edited(source.text)
        edit = Edit(source.path, source, source.file.with_text(text))
        shifted = " The body was indented to the symbol's level." if was_shifted(body, text) else ""
        return await write_edits(self.context, [edit], f"{verb} {symbol.name_path} in {symbol.path}.{shifted}")
