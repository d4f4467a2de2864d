"""The door to the database: the only way to a session or a connection, and the base of every table.

A login that may do nothing takes one role per transaction (`tenant`, `system`, or `door`), first thing, outside
savepoints, by `SET LOCAL`, so that pooled connections carry nothing over and a distributed database forwards it.
Row-level security is the wall; the explicit `tenant_id` in each statement, which a hook adds to ORM statements, is
the signpost that routes it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

import asyncpg
import uuid_utils.compat
from advanced_alchemy.base import CommonTableAttributes
from sqlalchemy import DateTime, ForeignKeyConstraint, MetaData, PrimaryKeyConstraint, String, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, declared_attr, mapped_column
from sqlalchemy.orm import with_loader_criteria as loader_criteria

from evoai.kit import metrics
from evoai.kit.database_url import sqlalchemy_url

SCHEMA = "app"

# asyncpg ships no types.
_asyncpg: Any = asyncpg
Role = Literal["tenant", "system", "door"]

# Names of constraints are stable across machines; on a distributed database they carry a shard's suffix, so errors
# are told apart by SQLSTATE.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> UUID:
    """A UUIDv7: sortable by the time it was made, unguessable in the rest."""
    return uuid_utils.compat.uuid7()


def utcnow() -> datetime:
    """For times people read. Leases and due times are compared with the database's clock."""
    return datetime.now(UTC)


class Base(CommonTableAttributes, DeclarativeBase):
    """Global tables; the few there are stand on a list with their reasons in tests/architecture."""

    __abstract__ = True
    metadata = MetaData(schema=SCHEMA, naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        # Words of a fixed set are text; who writes them is checked by their type alone.
        Literal: String,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class TenantModel(Base):
    """A table of a tenant: primary key (tenant_id, id); migrations give it forced row-level security."""

    __abstract__ = True

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-10)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-9)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> Any:
        own = cls.constraints()
        # A parent of the same tenant vouches for the tenant, so hot tables pay for one check less.
        root = () if any(isinstance(item, ForeignKeyConstraint) for item in own) else (_tenant_exists(),)
        return (PrimaryKeyConstraint("tenant_id", "id"), *root, *own)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        """Further constraints and indexes; each begins with `tenant_id`."""
        return ()


def _tenant_exists() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"])


def belongs_to(column: str, table: str) -> ForeignKeyConstraint:
    """A foreign key to another table of the same tenant; no row can point into another one."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{SCHEMA}.{table}.tenant_id", f"{SCHEMA}.{table}.id"])


AfterCommit = Callable[[], None]


@dataclass(slots=True)
class Scope:
    """Who a session speaks for, and what happens once its transaction is committed."""

    role: Role
    tenant_id: UUID | None
    reason: str
    after_commit: list[AfterCommit] = field(default_factory=list[AfterCommit])
    entered: bool = False


def scope_of(db: AsyncSession) -> Scope:
    return db.info["scope"]


def after_commit(db: AsyncSession, action: AfterCommit) -> None:
    """Run `action` (quick, never raising) once `db`'s transaction is committed; not at all if it is not."""
    scope_of(db).after_commit.append(action)


class Database:
    """The engine for what people click and the small pool for the group commits of the message path."""

    def __init__(self, url: str, *, pool_size: int = 10, group_size: int = 6) -> None:
        self._dsn = url
        self._group_size = group_size
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            pool_pre_ping=False,
            pool_recycle=1800,
            connect_args={"server_settings": _SERVER_SETTINGS, "timeout": 5, "command_timeout": 15},
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=False)
        self._groups: Any = None

    async def open(self) -> None:
        """Open the group pool. Raises what asyncpg raises if the database cannot be reached."""
        self._groups = await _asyncpg.create_pool(
            self._dsn,
            min_size=0,
            max_size=self._group_size,
            # Every setting of ours is transaction-local, so a release needs no reset query (one round trip less).
            reset=_no_reset,
            timeout=5,
            command_timeout=15,
            server_settings=_SERVER_SETTINGS | _GROUP_SETTINGS,
        )

    async def close(self) -> None:
        if self._groups is not None:
            self._groups.terminate()
            self._groups = None
        await self.engine.dispose()

    @asynccontextmanager
    async def tenant_session(self, tenant_id: UUID) -> AsyncGenerator[AsyncSession]:
        """One transaction as role `tenant`: begins, commits once at the end, closes; rolls back on an exception."""
        async with self._session(Scope("tenant", tenant_id, "tenant")) as db:
            yield db

    @asynccontextmanager
    async def system_session(self, reason: str) -> AsyncGenerator[AsyncSession]:
        """One transaction over all tenants' rows, for what no tenant asked: login, sweep, operator's commands.

        `reason` is a short word for logs and reviews.
        """
        async with self._session(Scope("system", None, reason)) as db:
            yield db

    @asynccontextmanager
    async def _session(self, scope: Scope) -> AsyncGenerator[AsyncSession]:
        try:
            async with self._sessions(info={"scope": scope}) as db, db.begin():
                yield db
        except DBAPIError as error:
            _count_refusal(error.orig)
            raise
        for action in scope.after_commit:
            action()

    @asynccontextmanager
    async def group_session(
        self, role: Role, tenant_id: UUID | None = None, *, prelude: str = ""
    ) -> AsyncGenerator[Any]:
        """One transaction on the group pool, for the four group commits of the message path alone; an
        asyncpg connection.

        `prelude` is SQL without parameters that travels with `begin` (advisory locks). Waits at most 1 s for a lock.
        """
        assert self._groups is not None, "Database.open() was not called"
        async with self._groups.acquire() as conn:
            await conn.execute(f"begin; {_scope_sql(role, tenant_id)}; set local lock_timeout = '1s'; {prelude}")
            try:
                yield conn
            except BaseException as error:
                _count_refusal(error)
                await _rollback(conn)
                raise
            await conn.execute("commit")


_SERVER_SETTINGS = {
    "search_path": SCHEMA,
    "timezone": "UTC",
    "statement_timeout": "15000",
    # A transaction that waits on anything but the database is a defect; the server ends it.
    "idle_in_transaction_session_timeout": "5000",
    "application_name": "evoai",
}
# Statements that join a batch of keys were planned for empty tables and kept as generic plans, which grew from 3 to
# 12 ms a message as tables grew; with only index access left they stay flat.
# A plan for the batch's own size would be made again for each batch, for it always looks cheaper than the one kept.
_GROUP_SETTINGS = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    # A short index would be read whole and kept, once a batch; it is not always short.
    "enable_material": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}


_REFUSED = asyncpg.InsufficientPrivilegeError.sqlstate

# The server is going, gone or full, or the connection is: the same statement may do well a moment later.
_OUTAGES = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
)


def is_outage(error: Exception) -> bool:
    """Whether a transaction failed because of the database, and not because of what was written."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    # A value that asyncpg cannot encode is both a data error and a misuse of its interface.
    return isinstance(error, _OUTAGES) and not isinstance(error, asyncpg.DataError)


def _refuse_closed(dbapi_connection: Any, record: Any, proxy: Any) -> None:
    """Have the pool replace a connection that the server closed while it lay there: after a restart the first requests
    would fail on them. Asks the socket's state alone, where a ping would cost a round trip."""
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError


def _count_refusal(error: BaseException | None) -> None:
    """Row security refused a row, or the role a table: a defect that the wall held off."""
    if getattr(error, "sqlstate", None) == _REFUSED:
        metrics.mismatched("database")


async def _no_reset(_: Any) -> None:
    return None


async def _rollback(conn: Any) -> None:
    # The original exception matters more than a connection that is already gone; the pool drops such a one.
    try:
        await conn.execute("rollback")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        # The pool may have taken it back already.
        with suppress(asyncpg.InterfaceError):
            conn.terminate()


def _scope_sql(role: Role, tenant_id: UUID | None) -> str:
    if role == "tenant":
        # `SET` takes no parameters; only a parsed UUID ever gets into the text.
        return f"set local role tenant; set local app.tenant_id = '{UUID(str(tenant_id))}'"
    return f"set local role {role}"


@event.listens_for(Session, "after_begin")
def _enter(session: Session, transaction: Any, connection: Any) -> None:
    scope: Scope | None = session.info.get("scope")
    if scope is None or transaction.nested:
        return
    if scope.entered:
        raise RuntimeError("a session of the door holds one transaction; open another session")
    scope.entered = True
    for statement in _scope_sql(scope.role, scope.tenant_id).split("; "):
        connection.exec_driver_sql(statement)


@event.listens_for(Session, "do_orm_execute")
def _signpost(state: ORMExecuteState) -> None:
    scope: Scope | None = state.session.info.get("scope")
    if scope is None or scope.role != "tenant" or not (state.is_select or state.is_update or state.is_delete):
        return
    if state.is_column_load or state.is_relationship_load:
        return
    tenant_id = scope.tenant_id
    state.statement = state.statement.options(
        loader_criteria(TenantModel, lambda cls: cls.tenant_id == tenant_id, include_aliases=True)
    )
