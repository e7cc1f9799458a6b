"""The application: its commands, and the one table from exception to message and exit code."""

from __future__ import annotations

import sys
import traceback
import warnings
from typing import Annotated, Any

import typer

from satqkd._version import __version__
from satqkd.cli import analyze, budget, catalog, doctor, elements, inspect, interrupt, key, passes, relay, scenario
from satqkd.cli.command import recorded_command
from satqkd.cli.options import state
from satqkd.cli.talk import ReaderLeftError, say, write
from satqkd.errors import SatqkdError

_INTERRUPTED = 130
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
app.command("key")(key.key)
app.command("relay")(relay.relay)
app.command("doctor")(doctor.doctor)
app.add_typer(catalog.app, name="catalog")
app.add_typer(elements.app, name="elements")
app.add_typer(scenario.app, name="scenario")


def _version(wanted: bool) -> None:
    if wanted:
        write(f"satqkd {__version__}")
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


def _guarded(arguments: list[str] | None) -> int:
    state.command = tuple(recorded_command(sys.argv[1:] if arguments is None else arguments))
    try:
        app(args=arguments, standalone_mode=True)
    except BaseException as error:
        return _told(KeyboardInterrupt() if interrupt.came() else error)
    return 0


def _told(error: BaseException) -> int:
    """Say what went wrong, and return the exit code: the one table from exceptions to codes."""
    match error:
        case KeyboardInterrupt() | SystemExit(code=130):
            say("interrupted")
            return _INTERRUPTED
        case SystemExit():
            return error.code if isinstance(error.code, int) else int(bool(error.code))
        case ReaderLeftError() | BrokenPipeError():
            return 0  # the reader of our output left (head, less): not an error
        case SatqkdError():
            say(f"error: {error.message}" + (f"\n{error.hint}" if error.hint else ""))
            if state.debug:
                say("".join(traceback.format_exception(error)))
            return error.exit_code
        case MemoryError():
            say("error: there is not enough memory for this.\nAsk for fewer days, stations or satellites at a time.")
            return 2
        case OSError():
            say(f"error: {error.filename or 'the output'} cannot be used: {error.strerror or error}")
            return 2
    say(f"internal error: {type(error).__name__}: {error}")
    if state.debug:
        say("".join(traceback.format_exception(error)))
    else:
        say("This is a fault in satqkd. Run again with --debug to see where it happened.")
    return 1


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    from satqkd.errors import Notice, SatqkdWarning

    if issubclass(category, Notice):
        if not state.quiet:
            say(f"note: {message}")
    elif issubclass(category, SatqkdWarning):
        say(f"warning: {message}")
    elif state.debug:
        say(f"{category.__name__}: {message}")
