"""The application: its commands, and the one table from exception to message and exit code."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from typing import Annotated, Any

import typer

from satqkd._version import __version__
from satqkd.cli import analyze, budget, catalog, elements, inspect, passes, relay, scenario
from satqkd.cli.command import recorded_command
from satqkd.cli.options import state
from satqkd.errors import SatqkdError

app = typer.Typer(
    name="satqkd",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Satellite-to-ground quantum key distribution: passes, link loss, finite secret key, trusted relay.",
    epilog="Start with:  satqkd relay      (the shipped scenario micius-beijing-vienna)",
)
app.command("passes")(passes.passes)
app.command("analyze")(analyze.analyze)
app.command("inspect")(inspect.inspect)
app.command("budget")(budget.budget)
app.command("relay")(relay.relay)
app.add_typer(catalog.app, name="catalog")
app.add_typer(elements.app, name="elements")
app.add_typer(scenario.app, name="scenario")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"satqkd {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    Exit codes: 0 ok, 1 internal, 2 usage or bad input, 3 no pass at all, 4 shipped data missing or every
    element set too old, 5 network, 130 interrupted.
    """
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        warnings.simplefilter("default")
        sys.exit(_guarded(arguments))


def entry() -> None:
    """Run the command line as a process of its own, and leave at once.

    Taking down all that was imported, module by module, takes Python longer than most commands; nothing here needs it.
    """
    code = 0
    try:
        run()
    except SystemExit as stop:
        code = int(stop.code or 0)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass  # the reader left
    except OSError as error:
        os.write(2, f"error: the output cannot be written: {error.strerror}\n".encode())
        code = 1
    os._exit(code)


def _guarded(arguments: list[str] | None) -> int:
    state.command = tuple(recorded_command(sys.argv[1:] if arguments is None else arguments))
    try:
        app(args=arguments, standalone_mode=True)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    except SatqkdError as error:
        typer.echo(f"error: {error.message}", err=True)
        if error.hint:
            typer.echo(error.hint, err=True)
        if state.debug:
            traceback.print_exc()
        return error.exit_code
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        # The reader of our output left (head, less): not an error. Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        typer.echo(f"error: {error.filename or 'the output'} cannot be used: {error.strerror or error}", err=True)
        return 1
    except Exception as error:
        typer.echo(f"internal error: {type(error).__name__}: {error}", err=True)
        if state.debug:
            traceback.print_exc()
        else:
            typer.echo("This is a fault in satqkd. Run again with --debug to see where it happened.", err=True)
        return 1
    return 0


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    from satqkd.errors import Notice, SatqkdWarning

    if issubclass(category, Notice):
        if not state.quiet:
            typer.echo(f"note: {message}", err=True)
    elif issubclass(category, SatqkdWarning):
        typer.echo(f"warning: {message}", err=True)
    elif state.debug:
        typer.echo(f"{category.__name__}: {message}", err=True)


if __name__ == "__main__":
    entry()
