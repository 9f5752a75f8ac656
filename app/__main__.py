"""The door: one command in, an exit code out, and never a traceback. What the commands are is known to app.commands."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

from app.words import commands as words

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. What goes wrong is one sentence on the error output."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # Nothing but words reaches the performer; `--log FILE` opens a file for the rest.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return _end(130, words.STOPPED)
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        log.exception("Unexpected")
        return _end(1, words.unexpected(f"{type(error).__name__}: {error}"))


def _run(arguments: list[str]) -> int:
    try:
        # Imported here: torch, Qt or OpenCV may be missing or broken, and the doctor must be able to say so.
        from app.commands import run
        from app.errors import ShowError, UsageError
        from engine.errors import EngineError
    except ImportError as error:
        return _without_a_part(arguments, error)
    try:
        return run(arguments)
    except UsageError as error:
        return _end(2, str(error))
    except (ShowError, EngineError) as error:
        return _end(1, str(error))


def _without_a_part(arguments: Sequence[str], error: ImportError) -> int:
    """What can be done where a package does not load: the doctor can be asked, all else says what is wrong."""
    if arguments and arguments[0] == "doctor":
        from app import doctor

        return doctor.run(as_json="--json" in arguments)
    missing = error.name or str(error)
    return _end(1, words.does_not_load(missing, error))


def _end(code: int, sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
