"""The operator's commands: demo · api · worker · db · openapi · tenants · plans · outbox · doctor."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from evoai.environment import SettingsError
from evoai.settings import Settings, load_settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; what is wrong with settings or arguments is one line on standard error."""
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        return args.run(args)
    except SettingsError as error:
        print(f"evoai: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evoai", description="EvoAI Connect: WhatsApp assistant and shared inbox")
    commands = parser.add_subparsers(required=True, metavar="command")

    demo = commands.add_parser("demo", help="the whole product on embedded servers")
    demo.add_argument("--reset", action="store_true", help="forget the demo's data")
    demo.add_argument("--dev", action="store_true", help="start again at each change; the client on its own server")
    demo.set_defaults(run=_demo)
    api = commands.add_parser("api", help="the HTTP process")
    api.set_defaults(run=_api)
    worker = commands.add_parser("worker", help="the job process")
    worker.add_argument("--queues", default="", help="comma-separated; all by default")
    worker.set_defaults(run=_worker)

    db = commands.add_parser("db", help="the database's schema").add_subparsers(required=True, metavar="action")
    migrate = db.add_parser("migrate", help="bring the schema up to date, as MIGRATION_DATABASE_URL's login")
    migrate.set_defaults(run=_migrate)
    down = db.add_parser("downgrade", help="one step back")
    down.set_defaults(run=_downgrade)

    openapi = commands.add_parser("openapi", help="print the OpenAPI document")
    openapi.set_defaults(run=_openapi)

    tenants = commands.add_parser("tenants", help="tenants and their people").add_subparsers(
        required=True, metavar="action"
    )
    tenants.add_parser("demo", help="make the demo clinic and print its login").set_defaults(run=_tenants_demo)
    reset = tenants.add_parser("reset-password", help="set a new password for a user and print it")
    reset.add_argument("email")
    reset.set_defaults(run=_reset_password)
    rewrap = tenants.add_parser("rewrap-keys", help="wrap every tenant's key by the present ENCRYPTION_KEY")
    rewrap.set_defaults(run=_rewrap_keys)

    plans = commands.add_parser("plans", help="plans of tenants").add_subparsers(required=True, metavar="action")
    plans.add_parser("list", help="what is sold").set_defaults(run=_plans_list)
    plans.add_parser("recount", help="compare what is used with what is there, and put it right").set_defaults(
        run=_plans_recount
    )
    put = plans.add_parser("set", help="put a tenant on a plan")
    put.add_argument("tenant_id")
    put.add_argument("plan")
    put.set_defaults(run=_plans_set)

    outbox = commands.add_parser("outbox", help="work in the tray").add_subparsers(required=True, metavar="action")
    outbox.add_parser("show", help="what is due and what died").set_defaults(run=_outbox_show)

    doctor = commands.add_parser("doctor", help="check settings, database and Redis")
    doctor.set_defaults(run=_doctor)
    return parser


def _settings() -> Settings:
    return load_settings(os.environ)


def _start(service: str) -> Settings:
    from evoai.app import VERSION
    from evoai.kit.log import set_up_logging

    settings = _settings()
    set_up_logging(settings.log_level, service, VERSION)
    return settings


def _demo(args: argparse.Namespace) -> int:
    from evoai.demo import reset_demo, run_demo, run_dev

    data_dir = Path(os.environ.get("DATA_DIR") or ".data")
    if args.reset:
        return reset_demo(data_dir)
    return run_dev(os.environ, data_dir) if args.dev else run_demo(os.environ, data_dir)


def _api(_: argparse.Namespace) -> int:
    import uvicorn

    from evoai.app import create_app

    settings = _start("api")
    _command(_refuse_login(settings))
    app = create_app(settings)
    _collect_less()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_graceful_shutdown=20,
        # Longer than proxies keep an idle connection (nginx: 60 s), so that none closes under a request.
        timeout_keep_alive=75,
        ws_max_size=64 * 1024,
        backlog=2048,
    )
    return 0


def _worker(args: argparse.Namespace) -> int:
    from evoai.kit.jobs import QUEUES
    from evoai.worker import run_worker

    queues = tuple(part for part in args.queues.split(",") if part) or QUEUES
    unknown = set(queues) - set(QUEUES)
    if unknown:
        raise SettingsError(f"--queues: no such queue {sorted(unknown)[0]!r}; there are {', '.join(QUEUES)}")
    settings = _start("worker")
    _command(_refuse_login(settings))
    _collect_less()
    _run(run_worker(settings, queues))
    return 0


def _collect_less() -> None:
    """What is loaded by now stays: looking through it for garbage again and again stops the process for tens of
    milliseconds. What requests and turns leave behind is freed by reference counts; cycles are few."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _command(work: object) -> int:
    """Run a command that needs the database; one that cannot be reached is a line, not a traceback."""
    import asyncpg
    from sqlalchemy.exc import DBAPIError

    try:
        _run(work)
    except (OSError, DBAPIError, asyncpg.PostgresError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        text = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
        raise SettingsError(f"DATABASE_URL: the database refuses: {text}") from error
    return 0


async def _refuse_login(settings: Settings) -> None:
    from evoai.kit.db import Database
    from evoai.kit.login import refuse_powerful_login

    db = Database(settings.database_url, pool_size=1)
    try:
        reason = await refuse_powerful_login(db)
    except OSError:
        return  # Not there yet; readiness tells, and the process comes up when the database does.
    finally:
        await db.close()
    if reason is not None:
        raise SettingsError(reason)


def _run(work: object) -> None:
    import uvloop

    uvloop.run(work)  # type: ignore[arg-type]


def _migrate(_: argparse.Namespace) -> int:
    from evoai.migrate import migrate

    migrate(os.environ)
    return 0


def _downgrade(_: argparse.Namespace) -> int:
    from evoai.migrate import downgrade

    downgrade(os.environ)
    return 0


def _openapi(_: argparse.Namespace) -> int:
    from evoai.app import create_api

    settings = load_settings(_DOCUMENT_SETTINGS)
    document = create_api(settings).openapi_schema.to_schema()
    json.dump(document, sys.stdout, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    print()
    return 0


# Enough to put the app together without opening anything; none of it is a secret of anybody's.
_DOCUMENT_SETTINGS = {
    "API_URL": "http://127.0.0.1:8000",
    "FRONTEND_URL": "http://127.0.0.1:8000",
    "DATABASE_URL": "postgresql://document@/document",
    "REDIS_URL": "redis://127.0.0.1:0",
    "JWT_SECRET": "only-to-describe-the-api-Zq8vR2mX7kLw",
    "ENCRYPTION_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
}


def _tenants_demo(_: argparse.Namespace) -> int:
    from evoai.commands import make_demo_tenant

    return _command(make_demo_tenant(_settings()))


def _reset_password(args: argparse.Namespace) -> int:
    from evoai.commands import reset_password

    return _command(reset_password(_settings(), args.email))


def _rewrap_keys(_: argparse.Namespace) -> int:
    from evoai.commands import rewrap_keys

    return _command(rewrap_keys(_settings()))


def _plans_list(_: argparse.Namespace) -> int:
    from evoai.commands import list_plans

    return _command(list_plans(_settings()))


def _plans_set(args: argparse.Namespace) -> int:
    from evoai.commands import set_plan

    return _command(set_plan(_settings(), args.tenant_id, args.plan))


def _plans_recount(_: argparse.Namespace) -> int:
    from evoai.commands import recount_plans

    return _command(recount_plans(_settings()))


def _outbox_show(_: argparse.Namespace) -> int:
    from evoai.commands import show_outbox

    return _command(show_outbox(_settings()))


def _doctor(_: argparse.Namespace) -> int:
    from evoai.commands import doctor

    return _command(doctor(_settings()))


if __name__ == "__main__":
    sys.exit(main())
