# src/python_coder/tools/serena/editing.py — edits of whole files and of passages
from dataclasses import dataclass

import libcst as cst

from python_coder.errors import ToolRefusedError
from python_coder.tools.serena.context import SerenaContext


@dataclass(frozen=True)
class EditingTools:
    """Edits of the work tree. A Python file is parsed before it is written, or the edit is refused."""

    context: SerenaContext

    async def create_text_file(self, relative_path: str, content: str) -> str:
        """Write a whole text file: a new one, or one whose every line you mean to replace.

        Args:
            relative_path: File relative to the project; folders are made.
            content: The complete new text.
        """
        existed = self.context.files.read(relative_path) is not None
        self._write(relative_path, content)
        return f"{'Replaced' if existed else 'Created'} {relative_path}, {len(content.splitlines())} lines."

    async def replace_content(self, relative_path: str, needle: str, replacement: str) -> str:
        """Replace one passage of a file. The passage must stand in it exactly once.

        Args:
            relative_path: File relative to the project.
            needle: The passage to replace, to the character, with enough lines around it to be unique.
            replacement: What comes in its place.
        """
        text = self.context.files.read(relative_path)
        if text is None:
            raise ToolRefusedError(f"There is no text file {relative_path!r}. Create it with create_text_file.")
        count = text.count(needle) if needle else 0
        if count != 1:
            raise ToolRefusedError(
                f"The passage stands {count} times in {relative_path}; it must stand there once. Read the file again."
            )
        self._write(relative_path, text.replace(needle, replacement))
        return f"Replaced one passage of {relative_path}."

    async def delete_file(self, relative_path: str) -> str:
        """Delete a file of the project.

        Args:
            relative_path: File relative to the project.
        """
        if self.context.files.read(relative_path) is None:
            raise ToolRefusedError(f"There is no text file {relative_path!r}.")
        self.context.files.delete(relative_path)
        return f"Deleted {relative_path}."

    def _write(self, path: str, text: str) -> None:
        if path.endswith(".py"):
            try:
                cst.parse_module(text)
            except cst.ParserSyntaxError as error:
                raise ToolRefusedError(f"Not written, {path} would not parse: {error}") from error
        self.context.files.write(path, text)
