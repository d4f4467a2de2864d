"""What each role may do. Owner: everything; admin: all but plan and deletion; agent: conversations, contacts; viewer:
reads. What became of webhooks, and who did what, is for those who run the tenant."""

from __future__ import annotations

_READS = frozenset(
    {
        "conversations:read",
        "contacts:read",
        "channels:read",
        "assistants:read",
        "members:read",
        "tenant:read",
        "usage:read",
        "plans:read",
        "documents:read",
    }
)
_AGENT = _READS | {"conversations:write", "contacts:write"}
_ADMIN = _AGENT | {
    "contacts:manage",
    "channels:write",
    "assistants:write",
    "documents:write",
    "members:write",
    "tenant:write",
    "usage:write",
    "operations:read",
    "operations:write",
    "audit:read",
}
_OWNER = _ADMIN | {"plans:write", "tenant:delete"}

PERMISSIONS: dict[str, frozenset[str]] = {"owner": _OWNER, "admin": _ADMIN, "agent": _AGENT, "viewer": _READS}
