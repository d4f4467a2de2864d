"""AppError and its few families. Rooms raise these with a stable `code`; `kit/http.py` renders them as RFC 9457."""

from __future__ import annotations

from datetime import datetime

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """One invalid field: `pointer` is a JSON pointer into the body, or the name of a query parameter."""

    pointer: str
    code: str
    detail: str


class AppError(Exception):
    """An expected refusal. `code` is part of the API and comes from the closed list in `docs/glossary.md`."""

    status = 500
    code = "internal"
    title = "Internal error"

    def __init__(
        self,
        code: str | None = None,
        detail: str | None = None,
        *,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
        extra: dict[str, object] | None = None,
        cause: str | None = None,
    ) -> None:
        """`cause` is finer than `code`, kebab case, for our own use."""
        super().__init__(code or self.code)
        self.code = code or self.code
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after
        self.extra = extra or {}
        self.cause = cause

    def members(self) -> dict[str, object]:
        """Extension members of the problem document."""
        return self.extra


class BadRequest(AppError):
    status, code, title = 400, "bad-request", "Request cannot be read"


class Unauthenticated(AppError):
    status, code, title = 401, "unauthenticated", "Authentication is needed"


class LimitReached(AppError):
    """A limit of the plan: 402, never 429. The caller says which one."""

    status, code, title = 402, "plan-limit", "The plan's limit is reached"

    def __init__(self, resource: str, limit: int, used: int, resets_at: datetime | None) -> None:
        super().__init__("plan-limit", f"{used} of {limit} {resource} used")
        self.resource, self.limit, self.used, self.resets_at = resource, limit, used, resets_at

    def members(self) -> dict[str, object]:
        return {"resource": self.resource, "limit": self.limit, "used": self.used, "resets_at": self.resets_at}


class Forbidden(AppError):
    status, code, title = 403, "forbidden", "Not allowed"


class NotFound(AppError):
    """Absent, malformed or another tenant's: one and the same answer."""

    status, code, title = 404, "not-found", "Not found"


class Conflict(AppError):
    status, code, title = 409, "conflict", "Conflict with the current state"


class Invalid(AppError):
    status, code, title = 422, "validation", "Request is not valid"


class RateLimited(AppError):
    status, code, title = 429, "rate-limited", "Too many requests"


class UpstreamFailed(AppError):
    status, code, title = 502, "upstream-failed", "A provider answered with an error"


class Unavailable(AppError):
    status, code, title = 503, "unavailable", "Temporarily unavailable"


class UpstreamTimeout(AppError):
    status, code, title = 504, "upstream-timeout", "A provider did not answer in time"
