"""What an agent may do while it works: from configuration alone, the same for every program that can hold to it."""

from dataclasses import dataclass

ANY = "*"


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """What an agent's program lets it do in its worktree."""

    edit: bool = True  #: change files
    commands: tuple[str, ...] = (
        ANY,
    )  #: commands it may run: '*' is any, 'npm test' that one, 'git *' any git
    asks: bool = False  #: a command that is not in the list is put to a person instead of being denied
    network: bool = True  #: reach the network, where the program can keep it from that

    @property
    def runs_anything(self) -> bool:
        """Any command, without asking."""
        return ANY in self.commands

    @property
    def runs_nothing(self) -> bool:
        """No command at all, and nobody is asked."""
        return not self.commands and not self.asks
