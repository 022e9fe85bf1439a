"""Commands on the ledger: verify, export, checkpoint."""

from pathlib import Path
from typing import Annotated

import typer

from primum.cli import entrance
from primum.cli.entrance import AsJson
from primum.cli.outcomes import ExitCode

app = typer.Typer(help="Check the ledger, take a checkpoint of it, hand it out.", no_args_is_help=True)


@app.command("checkpoint")
def checkpoint() -> None:
    """Print the signed checkpoint; keep it somewhere this machine cannot write."""
    newest = entrance.workplace().ledger.checkpoint()
    entrance.say(newest.text.rstrip() if newest else "The ledger has no entry yet, and so no checkpoint.")


@app.command("verify")
def verify(
    outside: Annotated[
        Path | None, typer.Option("--checkpoint", help="A checkpoint kept elsewhere.", exists=True, dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Recompute the whole log and compare it with every table it speaks of."""
    from primum.ledger.audit import verify as recompute
    from primum.ledger.checkpoints import read

    kept = read(outside.read_text(encoding="utf-8")) if outside else None
    problems = recompute(entrance.workplace().ledger, outside=kept)
    if as_json:
        entrance.show_json({"intact": not problems, "problems": problems})
    else:
        entrance.say(*(problems or ["The ledger is intact: every entry, row and checkpoint agrees."]))
    if problems:
        entrance.leave(ExitCode.GATE_NOT_PASSED)


@app.command("export")
def export(directory: Annotated[Path, typer.Argument(help="A new folder.", show_default=False)]) -> None:
    """Write entries, proofs and a single-file verifier that needs only Python."""
    from primum.ledger.export import export as hand_out

    hand_out(entrance.workplace().ledger, to=directory)
    entrance.say(f"wrote {directory}", f"Next: python3 {directory / 'verifier.py'} {directory}")
