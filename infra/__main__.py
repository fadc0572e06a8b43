"""Run, deploy and check the service: `python -m infra COMMAND`, which the targets of the Makefile call."""

import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Final

import typer
from botocore.exceptions import BotoCoreError, ClientError

from infra.errors import FAILED, INTERRUPTED, CommandFailed, aws_failure

# The module and function of each command. Only the requested command is imported; importing all would take seconds.
COMMANDS: Final = {
    "run": "local.commands:run",
    "demo": "local.commands:run_demo",
    "status": "local.commands:status",
    "env": "env:env",
    "invoke": "local.invoke:invoke",
    "logs": "logs:logs",
    "key": "keys:issue_key",
    "keys": "keys:list_keys",
    "revoke": "keys:revoke_key",
    "erase": "aws.erase:erase",
    "package": "aws.package:package",
    "deploy": "aws.release:deploy",
    "verify": "verify.command:verify",
    "delete": "aws.release:delete",
    "deploy-local": "local.commands:deploy_packages",
    "model": "models:fetch",
    "localstack": "local.localstack:install_for_tests",
    "template": "template:print_template",
    "asyncapi": "asyncapi:check",
    "client-names": "client_names:write",
    "render-table": "render_table:write",
    "prose": "prose:check",
    "audit": "audit:audit_all",
    "release-notes": "release_notes:print_notes",
}


def program(names: Iterable[str]) -> typer.Typer:
    """Return the program with these commands."""
    # With a callback, Typer expects the command's name even if there is only one.
    app = typer.Typer(
        callback=lambda: None,
        help="Run, deploy and check the service. Most commands have a target in `make help`.",
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    for name in names:
        module, function = COMMANDS[name].split(":")
        app.command(name)(getattr(import_module(f"infra.{module}"), function))
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status. An error is printed as one sentence."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    named = [name for name in given[:1] if name in COMMANDS]
    command = typer.main.get_command(program(named or COMMANDS))
    try:
        status = command.main(given, prog_name="python -m infra", standalone_mode=False) or 0
    except typer.TyperException as misused:
        return _end(misused.format_message(), misused.exit_code)
    except CommandFailed as failed:
        return _end(str(failed), failed.exit_code)
    except (ClientError, BotoCoreError) as error:
        return _end(aws_failure(error), FAILED)
    # Typer's exit status after Ctrl-C.
    return _end("\nStopped.", status) if status == INTERRUPTED else int(status)


def _end(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
