# scripts/draw_demo.py — turn the demo's own output, with its colours, into docs/demo.svg
import io
import re
import sys

from rich.console import Console
from rich.text import Text

# The built-in format loads its font from a public host; a picture must not ask anybody for anything.
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
    <style>
    .{unique_id}-matrix {{
        font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;
        font-size: {char_height}px; line-height: {line_height}px;
    }}
    .{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
    {styles}
    </style>
    <defs><clipPath id="{unique_id}-clip-terminal">
    <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">{matrix}</g>
    </g>
</svg>
"""

# A piped run prints no colours; these are the ones that a terminal shows.
MARKS = {r"✓": "green", r"✗": "red", r"PROVEN": "bold green", r" \+\d+": "green", r" -\d+": "red"}


def main() -> None:
    """Read the demo's output on standard input and write the picture."""
    home = re.compile(r"/\S*/(runs/\S+|shop\b)")
    lines = [home.sub(r"…/\1", line) for line in sys.stdin.read().splitlines()]
    console = Console(record=True, width=118, file=io.StringIO(), force_terminal=True)
    for line in lines:
        text = Text.from_ansi(line)
        for mark, style in MARKS.items():
            text.highlight_regex(mark, style)
        console.print(text, overflow="ellipsis", no_wrap=True)
    console.save_svg("docs/demo.svg", title="make demo", code_format=FORMAT, unique_id="demo")


if __name__ == "__main__":
    main()
