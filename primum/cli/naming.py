"""Groups of commands of which one need not be named."""

from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click.core import Context


class UsualUnlessNamed(TyperGroup):
    """``primum plan FILE`` is the group's usual command; ``primum plan power FILE`` names another."""

    usual = "usual"

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """Take what names no command of the group as arguments of the usual one."""
        named = args and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named or not args else [self.usual, *args])
