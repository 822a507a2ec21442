"""Help as plain text, with the commands in groups.

Typer's own help page is drawn by rich and takes 0.3 s longer to come (rich with Markdown and syntax highlighting,
measured with typer 0.29); plain text comes at once and reads the same in a pipe.
"""

from typing import Any

from typer.core import TyperGroup


class GroupedCommands(TyperGroup):
    """A group of commands whose help lists them under the headings they were added with."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # click's types are private to typer
        """Write one section a heading, in the order of adding."""
        by_heading: dict[str, list[tuple[str, str]]] = {}
        width = formatter.width - 6 - max(len(name) for name in self.list_commands(ctx))
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            heading = getattr(command, "rich_help_panel", None)
            shown = heading if isinstance(heading, str) else "Commands"
            by_heading.setdefault(shown, []).append((name, command.get_short_help_str(width)))
        for heading, rows in by_heading.items():
            with formatter.section(heading):
                formatter.write_dl(rows)
