# src/python_coder/tools/serena/line_editing.py — edits by line number, for what is no symbol
from dataclasses import dataclass

from python_coder.symbols import line_edits
from python_coder.symbols.text_file import split_lines
from python_coder.tools.serena.batch import Edit
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.writing import source_to_edit, write_edits


@dataclass(frozen=True)
class LineEditingTools:
    """Edits of lines, 1-based, which must quote the lines that they touch. Each public method is one tool."""

    context: SerenaContext

    async def replace_lines(
        self,
        relative_path: str,
        start_line: int,
        end_line: int,
        content: str,
        first_line_text: str = "",
        last_line_text: str = "",
    ) -> str:
        """Replace lines, 1-based and inclusive, quoting the first and last of them as they stand; "" deletes them."""
        source = source_to_edit(self.context, relative_path)
        text = line_edits.replace_lines(
            source.text,
            start_line,
            end_line,
            content,
            first_line_text=first_line_text,
            last_line_text=last_line_text if start_line != end_line else last_line_text or first_line_text,
        )
        done = f"Replaced lines {start_line}-{end_line} of {source.path}; it has {_count(text)} lines now."
        return await write_edits(self.context, [Edit(source.path, source, source.file.with_text(text))], done)

    async def insert_at_line(self, relative_path: str, line: int, content: str, line_text: str = "") -> str:
        """Insert before a line (1-based), quoting the text that stands there; the last line + 1 appends."""
        source = source_to_edit(self.context, relative_path)
        text = line_edits.insert_at_line(source.text, line, content, line_text=line_text)
        done = f"Inserted at line {line} of {source.path}; it has {_count(text)} lines now."
        return await write_edits(self.context, [Edit(source.path, source, source.file.with_text(text))], done)


def _count(text: str) -> int:
    return len(split_lines(text))
