"""The first tables, each tenant's behind the wall, and the plans that are sold."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from evoai.billing.plans import PLANS
from evoai.kit.walls import door, shared, wall
from evoai.knowledge.models import HalfVector

revision = "0001"
down_revision = None

TENANT_TABLES = (
    "assistant_versions",
    "assistants",
    "channel_events",
    "channels",
    "charges",
    "chunk_vectors",
    "chunks",
    "consents",
    "contact_aliases",
    "contact_merges",
    "contact_words",
    "contacts",
    "conversations",
    "corpora",
    "costs",
    "dead_letters",
    "deliveries",
    "documents",
    "gaps",
    "http_tools",
    "idempotency_keys",
    "media",
    "members",
    "messages",
    "outbox",
    "outside_calls",
    "parked_updates",
    "postings",
    "quotas",
    "reserves",
    "responders",
    "shadow_drafts",
    "subscriptions",
    "tenant_keys",
    "templates",
    "terms",
    "tool_servers",
    "test_cases",
    "test_results",
    "test_runs",
    "traces",
    "turns",
)


def upgrade() -> None:
    op.create_table(
        "plans",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=True),
        sa.Column("contacts", sa.Integer(), nullable=True),
        sa.Column("messages_per_month", sa.Integer(), nullable=True),
        sa.Column("assistant_tokens", sa.BigInteger(), nullable=True),
        sa.Column("documents", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_plans")),
        schema="app",
    )
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
        schema="app",
    )
    op.create_table(
        "tenants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), server_default="America/Sao_Paulo", nullable=False),
        sa.Column("language", sa.String(), server_default="pt-BR", nullable=False),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column(
            "business_hours", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("asks_satisfaction", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("plan", sa.String(), server_default="free", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        schema="app",
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(), server_default="pt-BR", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        schema="app",
    )
    op.create_index("uq_users_email", "users", [sa.literal_column("lower(email)")], unique=True, schema="app")
    op.create_table(
        "assistants",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("instructions", sa.String(), nullable=False),
        sa.Column("tone", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("fallback_models", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quiet_seconds", sa.Double(), nullable=False),
        sa.Column("max_wait_seconds", sa.Double(), nullable=False),
        sa.Column("handoff_keywords", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "rules", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "handoff_rules",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("hours", sa.String(), server_default="always", nullable=False),
        sa.Column("shadow", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("tools", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column(
            "contact_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("pass_rate", sa.SmallInteger(), server_default="80", nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_assistants_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_assistants")),
        schema="app",
    )
    op.create_table(
        "audit_log",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target_kind", sa.String(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_audit_log_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_log")),
        schema="app",
    )
    op.create_table(
        "channels",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("config", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("secrets_enc", sa.LargeBinary(), nullable=False),
        sa.Column("hook_key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hook_key_enc", sa.LargeBinary(), nullable=False),
        sa.Column("hook_group", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("profile_name", sa.String(), nullable=True),
        sa.Column("quality", sa.String(), nullable=True),
        sa.Column("messaging_limit", sa.Integer(), nullable=True),
        sa.Column("templates_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reconcile_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pairing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_mark", sa.String(), nullable=True),
        sa.Column("drops", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("drops_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restriction", sa.String(), nullable=True),
        sa.Column("restricted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restricted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quality in ('high', 'medium', 'low')", name=op.f("ck_channels_quality")),
        sa.CheckConstraint(
            "state in ('disconnected', 'connecting', 'connected', 'reconnecting', 'banned')",
            name=op.f("ck_channels_state"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_channels_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_channels")),
        sa.UniqueConstraint("tenant_id", "hook_key_hash", name=op.f("uq_channels_tenant_id_hook_key_hash")),
        schema="app",
    )
    op.create_index(
        "ix_channels_group",
        "channels",
        ["provider", "hook_group"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("deleted_at is null and hook_group is not null"),
    )
    op.create_index(
        "ix_channels_templates_due",
        "channels",
        ["templates_due_at"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index(
        "ix_channels_reconcile_due",
        "channels",
        ["reconcile_due_at"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("deleted_at is null and state in ('connecting', 'connected', 'reconnecting')"),
    )
    op.create_table(
        "contacts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("username", sa.String(), nullable=True),
        sa.Column(
            "tags", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "facts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("over_limit", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_contacts_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contacts")),
        schema="app",
    )
    op.create_index(
        "ix_contacts_opted_out",
        "contacts",
        ["tenant_id", "id"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("opted_out_at is not null"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_as", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_dead_letters_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_dead_letters")),
        schema="app",
    )
    op.create_index(
        "ix_dead_letters_open",
        "dead_letters",
        ["tenant_id", "id"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "gaps",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("first_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('open', 'answered', 'dismissed')", name=op.f("ck_gaps_state")),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_gaps_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_gaps")),
        sa.UniqueConstraint("tenant_id", "key", name=op.f("uq_gaps_tenant_id_key")),
        schema="app",
    )
    op.create_index("ix_gaps_page", "gaps", ["tenant_id", "state", "count", "id"], unique=False, schema="app")
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_idempotency_keys_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint(
            "tenant_id", "principal", "route", "key", name=op.f("uq_idempotency_keys_tenant_id_principal_route_key")
        ),
        schema="app",
    )
    op.create_index(
        op.f("ix_idempotency_keys_tenant_id_expires_at"),
        "idempotency_keys",
        ["tenant_id", "expires_at"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "members",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role in ('owner', 'admin', 'agent', 'viewer')", name=op.f("ck_members_role")),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_members_tenant_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app.users.id"], name=op.f("fk_members_user_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_members")),
        sa.UniqueConstraint("tenant_id", "user_id", name=op.f("uq_members_tenant_id_user_id")),
        schema="app",
    )
    op.create_index(op.f("ix_members_user_id"), "members", ["user_id"], unique=False, schema="app")
    op.create_table(
        "outbox",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_outbox_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_outbox")),
        schema="app",
    )
    op.create_index(
        "ix_outbox_due", "outbox", ["next_at"], unique=False, schema="app", postgresql_where=sa.text("done_at is null")
    )
    op.create_table(
        "quotas",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("used", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lim", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.SmallInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "kind in ('channels', 'contacts', 'messages', 'assistant_tokens', 'documents', 'assistant_cost',"
            " 'cacheable_questions', 'cached_answers')",
            name=op.f("ck_quotas_kind"),
        ),
        sa.CheckConstraint("used >= 0", name=op.f("ck_quotas_used")),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_quotas_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_quotas")),
        sa.UniqueConstraint("tenant_id", "kind", "period", name=op.f("uq_quotas_tenant_id_kind_period")),
        schema="app",
    )
    op.create_table(
        "charges",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_charges_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_charges")),
        schema="app",
    )
    op.create_table(
        "costs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("micro_usd", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "purpose in ('summary', 'analysis', 'playground', 'test', 'shadow', 'embedding', 'search',"
            " 'transcription', 'description')",
            name=op.f("ck_costs_purpose"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_costs_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_costs")),
        sa.UniqueConstraint("tenant_id", "period", "purpose", name=op.f("uq_costs_tenant_id_period_purpose")),
        schema="app",
    )
    op.create_table(
        "reserves",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("micro_usd", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_reserves_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reserves")),
        sa.UniqueConstraint("tenant_id", "process", "period", name=op.f("uq_reserves_tenant_id_process_period")),
        schema="app",
    )
    op.create_table(
        "responders",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assistant_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("quiet_seconds", sa.Double(), nullable=False),
        sa.Column("max_wait_seconds", sa.Double(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("hours", sa.String(), server_default="always", nullable=False),
        sa.Column("shadow", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_responders_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_responders")),
        sa.UniqueConstraint("tenant_id", name=op.f("uq_responders_tenant_id")),
        schema="app",
    )
    op.create_index(
        "ix_responders_shadow",
        "responders",
        ["tenant_id"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("shadow"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app.users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        schema="app",
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False, schema="app")
    op.create_index(
        op.f("ix_sessions_user_id_created_at"), "sessions", ["user_id", "created_at"], unique=False, schema="app"
    )
    op.create_table(
        "subscriptions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("monthly_cents", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("monthly_cents >= 0", name=op.f("ck_subscriptions_monthly_cents")),
        sa.ForeignKeyConstraint(["plan_code"], ["app.plans.code"], name=op.f("fk_subscriptions_plan_code")),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_subscriptions_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("tenant_id", name=op.f("uq_subscriptions_tenant_id")),
        schema="app",
    )
    op.create_table(
        "tenant_keys",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_tenant_keys_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_keys")),
        sa.UniqueConstraint("tenant_id", name=op.f("uq_tenant_keys_tenant_id")),
        schema="app",
    )
    op.create_table(
        "assistant_versions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assistant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_by", sa.String(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("restored_from", sa.Integer(), nullable=True),
        sa.Column("override_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assistant_id"],
            ["app.assistants.tenant_id", "app.assistants.id"],
            name=op.f("fk_assistant_versions_tenant_id_assistant_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_assistant_versions")),
        sa.UniqueConstraint(
            "tenant_id", "assistant_id", "number", name=op.f("uq_assistant_versions_tenant_id_assistant_id_number")
        ),
        schema="app",
    )
    op.create_table(
        "templates",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("quality", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("parts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["app.channels.tenant_id", "app.channels.id"],
            name=op.f("fk_templates_tenant_id_channel_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_templates")),
        sa.UniqueConstraint(
            "tenant_id",
            "channel_id",
            "name",
            "language",
            name=op.f("uq_templates_tenant_id_channel_id_name_language"),
        ),
        schema="app",
    )
    op.create_table(
        "channel_events",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("body_enc", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("signal", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reconciled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state in ('received', 'processed', 'ignored', 'quarantined', 'dead')", name=op.f("ck_channel_events_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["app.channels.tenant_id", "app.channels.id"],
            name=op.f("fk_channel_events_tenant_id_channel_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_channel_events")),
        sa.UniqueConstraint(
            "tenant_id", "channel_id", "dedupe_key", name=op.f("uq_channel_events_tenant_id_channel_id_dedupe_key")
        ),
        schema="app",
    )
    op.create_index(
        "ix_channel_events_reconciled",
        "channel_events",
        ["tenant_id", "channel_id", "received_at"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("reconciled"),
    )
    op.create_index(
        "ix_channel_events_attention",
        "channel_events",
        ["tenant_id", "id"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("state in ('quarantined', 'dead')"),
    )
    op.create_index(
        "ix_channel_events_due",
        "channel_events",
        ["shard", "id"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "contact_aliases",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('phone', 'lid', 'bsuid')", name=op.f("ck_contact_aliases_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["app.contacts.tenant_id", "app.contacts.id"],
            name=op.f("fk_contact_aliases_tenant_id_contact_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contact_aliases")),
        sa.UniqueConstraint("tenant_id", "kind", "value", name=op.f("uq_contact_aliases_tenant_id_kind_value")),
        schema="app",
    )
    op.create_index(
        op.f("ix_contact_aliases_tenant_id_contact_id"),
        "contact_aliases",
        ["tenant_id", "contact_id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "contact_merges",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("lost_id", sa.Uuid(), nullable=False),
        sa.Column("lost_name", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "kept_id"],
            ["app.contacts.tenant_id", "app.contacts.id"],
            name=op.f("fk_contact_merges_tenant_id_kept_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contact_merges")),
        schema="app",
    )
    op.create_index(
        op.f("ix_contact_merges_tenant_id_kept_id"),
        "contact_merges",
        ["tenant_id", "kept_id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "contact_words",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.String(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["app.contacts.tenant_id", "app.contacts.id"],
            name=op.f("fk_contact_words_tenant_id_contact_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contact_words")),
        sa.UniqueConstraint("tenant_id", "contact_id", "word", name=op.f("uq_contact_words_tenant_id_contact_id_word")),
        schema="app",
    )
    op.create_index(
        op.f("ix_contact_words_tenant_id_word_contact_id"),
        "contact_words",
        ["tenant_id", "word", "contact_id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "consents",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("wish", sa.String(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("wish in ('out', 'in')", name=op.f("ck_consents_wish")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["app.contacts.tenant_id", "app.contacts.id"],
            name=op.f("fk_consents_tenant_id_contact_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_consents")),
        schema="app",
    )
    op.create_index(
        op.f("ix_consents_tenant_id_contact_id_id"),
        "consents",
        ["tenant_id", "contact_id", "id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "conversations",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_in_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unread_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_message_id", sa.Uuid(), nullable=True),
        sa.Column("handoff_reason", sa.String(), nullable=True),
        sa.Column("handoff_note", sa.String(), nullable=True),
        sa.Column("handoff_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("answers_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("summary", sa.String(), nullable=True),
        sa.Column("summary_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("summary_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("summary_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("satisfaction_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("satisfaction", sa.SmallInteger(), nullable=True),
        sa.Column("analysis", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('bot', 'queued', 'human', 'resolved')", name=op.f("ck_conversations_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assignee_id"],
            ["app.members.tenant_id", "app.members.id"],
            name=op.f("fk_conversations_tenant_id_assignee_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["app.channels.tenant_id", "app.channels.id"],
            name=op.f("fk_conversations_tenant_id_channel_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["app.contacts.tenant_id", "app.contacts.id"],
            name=op.f("fk_conversations_tenant_id_contact_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_conversations")),
        schema="app",
    )
    op.create_index(
        "ix_conversations_activity",
        "conversations",
        ["tenant_id", "last_activity_at", "id"],
        unique=False,
        schema="app",
    )
    op.create_index(
        "ix_conversations_contact",
        "conversations",
        ["tenant_id", "contact_id", "created_at"],
        unique=False,
        schema="app",
    )
    op.create_index(
        "ix_conversations_people",
        "conversations",
        ["tenant_id", "state", "last_activity_at", "id"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("state in ('queued', 'human')"),
    )
    op.create_index(
        "uq_conversations_open",
        "conversations",
        ["tenant_id", "channel_id", "contact_id"],
        unique=True,
        schema="app",
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.create_table(
        "parked_updates",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("provider_message_id", sa.String(), nullable=False),
        sa.Column("change", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["app.channels.tenant_id", "app.channels.id"],
            name=op.f("fk_parked_updates_tenant_id_channel_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_parked_updates")),
        schema="app",
    )
    op.create_index(op.f("ix_parked_updates_created_at"), "parked_updates", ["created_at"], unique=False, schema="app")
    op.create_index(
        op.f("ix_parked_updates_tenant_id_channel_id_provider_message_id"),
        "parked_updates",
        ["tenant_id", "channel_id", "provider_message_id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor", sa.LargeBinary(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["app.sessions.id"], name=op.f("fk_refresh_tokens_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_tokens_token_hash")),
        schema="app",
    )
    op.create_index(op.f("ix_refresh_tokens_session_id"), "refresh_tokens", ["session_id"], unique=False, schema="app")
    op.create_table(
        "media",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("mime_type", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("voice", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reference", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('image', 'audio', 'video', 'document', 'sticker')", name=op.f("ck_media_kind")),
        sa.CheckConstraint(
            "state in ('receiving', 'waiting', 'reading', 'ready', 'failed')", name=op.f("ck_media_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["app.channels.tenant_id", "app.channels.id"],
            name=op.f("fk_media_tenant_id_channel_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_media")),
        schema="app",
    )
    op.create_index(op.f("ix_media_created_at"), "media", ["created_at"], unique=False, schema="app")
    op.create_index(
        "ix_media_due",
        "media",
        ["next_at"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("state in ('waiting', 'reading')"),
    )
    op.create_table(
        "messages",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("media_id", sa.Uuid(), nullable=True),
        sa.Column("transcript", sa.String(), nullable=True),
        sa.Column("extra", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("provider_message_id", sa.String(), nullable=True),
        sa.Column("quoted_id", sa.String(), nullable=True),
        sa.Column("reactions", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("client_id", sa.String(), nullable=True),
        sa.Column("turn_id", sa.Uuid(), nullable=True),
        sa.Column("part_no", sa.SmallInteger(), nullable=True),
        sa.Column("trace_id", sa.Uuid(), nullable=True),
        sa.Column("provider_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("direction in ('in', 'out')", name=op.f("ck_messages_direction")),
        sa.CheckConstraint(
            "status in ('received', 'queued', 'uncertain', 'sent', 'failed', 'delivered', 'read')",
            name=op.f("ck_messages_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["app.conversations.tenant_id", "app.conversations.id"],
            name=op.f("fk_messages_tenant_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "media_id"],
            ["app.media.tenant_id", "app.media.id"],
            name=op.f("fk_messages_tenant_id_media_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "tenant_id",
            "channel_id",
            "provider_message_id",
            name=op.f("uq_messages_tenant_id_channel_id_provider_message_id"),
        ),
        sa.UniqueConstraint(
            "tenant_id", "conversation_id", "seq", name=op.f("uq_messages_tenant_id_conversation_id_seq")
        ),
        schema="app",
    )
    op.create_index(
        "ix_messages_media",
        "messages",
        ["tenant_id", "media_id"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("media_id is not null"),
    )
    op.create_index(
        "uq_messages_client",
        "messages",
        ["tenant_id", "conversation_id", "client_id"],
        unique=True,
        schema="app",
        postgresql_where=sa.text("client_id is not null"),
    )
    op.create_index(
        "uq_messages_part",
        "messages",
        ["tenant_id", "turn_id", "part_no"],
        unique=True,
        schema="app",
        postgresql_where=sa.text("turn_id is not null"),
    )
    op.create_table(
        "traces",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), server_default="answer", nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("assistant_version", sa.Integer(), nullable=False),
        sa.Column("prompt_version", sa.String(), nullable=False),
        sa.Column("calls", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tools", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("passages", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("checks", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["app.conversations.tenant_id", "app.conversations.id"],
            name=op.f("fk_traces_tenant_id_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_traces")),
        schema="app",
    )
    op.create_index(op.f("ix_traces_tenant_id_turn_id"), "traces", ["tenant_id", "turn_id"], unique=False, schema="app")
    _outside_tools()
    _add_tests()
    op.create_table(
        "turns",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("first_in_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_in_seq", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("max_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waits_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("deaths", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("alone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["app.conversations.tenant_id", "app.conversations.id"],
            name=op.f("fk_turns_tenant_id_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_turns")),
        sa.UniqueConstraint(
            "tenant_id", "conversation_id", "last_in_seq", name=op.f("uq_turns_tenant_id_conversation_id_last_in_seq")
        ),
        schema="app",
    )
    op.create_index(
        "uq_turns_open",
        "turns",
        ["tenant_id", "conversation_id"],
        unique=True,
        schema="app",
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "deliveries",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("denials", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("asks", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("provider_ref", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("opening", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('ready', 'attempting', 'sent', 'rejected', 'uncertain')", name=op.f("ck_deliveries_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "message_id"],
            ["app.messages.tenant_id", "app.messages.id"],
            name=op.f("fk_deliveries_tenant_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("tenant_id", "message_id", name=op.f("uq_deliveries_tenant_id_message_id")),
        schema="app",
    )
    op.create_index(
        "ix_deliveries_unsettled",
        "deliveries",
        ["tenant_id", "conversation_id", "seq"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("state in ('ready', 'attempting', 'uncertain')"),
    )
    op.create_index(
        "ix_deliveries_opening",
        "deliveries",
        ["tenant_id", "channel_id", "deadline"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("opening"),
    )
    _knowledge()
    _walls()
    op.bulk_insert(sa.table("plans", *(sa.column(name) for name in PLANS[0]), schema="app"), [dict(p) for p in PLANS])


def _knowledge() -> None:
    # On most servers only a superuser may make the extension; where it is there already this asks for nothing.
    op.execute("create extension if not exists vector schema public")
    op.create_table(
        "documents",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("question", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=True),
        sa.Column("mime_type", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("content_hash", sa.LargeBinary(), nullable=True),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("progress", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("chunks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("edition", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("embedded_with", sa.String(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("refresh_days", sa.SmallInteger(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('receiving', 'uploaded', 'reading', 'splitting', 'indexing', 'ready', 'failed')",
            name=op.f("ck_documents_state"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_documents_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_documents")),
        schema="app",
    )
    op.create_index(
        "ix_documents_refresh",
        "documents",
        ["read_at"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("refresh_days is not null"),
    )
    op.create_index("ix_documents_page", "documents", ["tenant_id", "created_at", "id"], unique=False, schema="app")
    op.create_index(
        "ix_documents_due",
        "documents",
        ["next_at"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("state in ('uploaded', 'reading', 'splitting', 'indexing')"),
    )
    op.create_table(
        "corpora",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chunks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("length", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_corpora_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_corpora")),
        sa.UniqueConstraint("tenant_id", name=op.f("uq_corpora_tenant_id")),
        schema="app",
    )
    op.create_table(
        "terms",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_terms_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_terms")),
        sa.UniqueConstraint("tenant_id", "term", name=op.f("uq_terms_tenant_id_term")),
        schema="app",
    )
    op.create_table(
        "chunks",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), server_default="0", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("heading", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["app.documents.tenant_id", "app.documents.id"],
            name=op.f("fk_chunks_tenant_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_chunks")),
        sa.UniqueConstraint(
            "tenant_id",
            "document_id",
            "edition",
            "position",
            name=op.f("uq_chunks_tenant_id_document_id_edition_position"),
        ),
        schema="app",
    )
    op.create_index(
        op.f("ix_chunks_tenant_id_content_hash"), "chunks", ["tenant_id", "content_hash"], unique=False, schema="app"
    )
    op.create_table(
        "chunk_vectors",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("embedding", HalfVector(), nullable=False),
        sa.Column(
            "code",
            postgresql.BIT(varying=True),
            sa.Computed("(public.binary_quantize(embedding))::bit varying", persisted=True),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id"], ["app.chunks.tenant_id", "app.chunks.id"], name=op.f("fk_chunk_vectors_tenant_id_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_chunk_vectors")),
        schema="app",
    )
    op.create_index(
        "ix_chunk_vectors_code",
        "chunk_vectors",
        ["tenant_id", "model"],
        unique=False,
        schema="app",
        postgresql_include=["id", "document_id", "code"],
    )
    op.create_index(
        op.f("ix_chunk_vectors_tenant_id_document_id"),
        "chunk_vectors",
        ["tenant_id", "document_id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "postings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("chunk_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("tf", sa.SmallInteger(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["app.documents.tenant_id", "app.documents.id"],
            name=op.f("fk_postings_tenant_id_document_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_postings")),
        schema="app",
    )
    op.create_index(
        op.f("ix_postings_tenant_id_document_id"),
        "postings",
        ["tenant_id", "document_id"],
        unique=False,
        schema="app",
    )
    op.create_index(
        "ix_postings_term",
        "postings",
        ["tenant_id", "term"],
        unique=False,
        schema="app",
        postgresql_include=["chunk_id", "document_id", "tf", "length"],
    )


def _outside_tools() -> None:
    def reached() -> tuple[sa.Column[Any], ...]:
        return (
            sa.Column("timeout_seconds", sa.Double(), nullable=False),
            sa.Column("header_names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
            sa.Column("headers_enc", sa.LargeBinary(), nullable=True),
            sa.Column("enabled", sa.Boolean(), nullable=False),
        )

    def times() -> tuple[sa.Column[Any], ...]:
        return (
            sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        )

    op.create_table(
        "http_tools",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("effect", sa.String(), nullable=False),
        *reached(),
        *times(),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_http_tools_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_http_tools")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_http_tools_tenant_id_name")),
        schema="app",
    )
    op.create_table(
        "tool_servers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        *reached(),
        sa.Column("tools", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("allowed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        *times(),
        sa.ForeignKeyConstraint(["tenant_id"], ["app.tenants.id"], name=op.f("fk_tool_servers_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tool_servers")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_tool_servers_tenant_id_name")),
        schema="app",
    )
    op.create_table(
        "outside_calls",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("tool", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["app.conversations.tenant_id", "app.conversations.id"],
            name=op.f("fk_outside_calls_tenant_id_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_outside_calls")),
        sa.UniqueConstraint(
            "tenant_id", "turn_id", "tool", "digest", name=op.f("uq_outside_calls_tenant_id_turn_id_tool_digest")
        ),
        schema="app",
    )
    op.create_index(
        op.f("ix_outside_calls_tenant_id_created_at"),
        "outside_calls",
        ["tenant_id", "created_at"],
        unique=False,
        schema="app",
    )


def _add_tests() -> None:
    """Cases, runs and results of an assistant's tests, and what it drafts in shadow mode."""
    op.create_table(
        "test_cases",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assistant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("messages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expectations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("must_pass", sa.Boolean(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assistant_id"],
            ["app.assistants.tenant_id", "app.assistants.id"],
            name=op.f("fk_test_cases_tenant_id_assistant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["app.conversations.tenant_id", "app.conversations.id"],
            name=op.f("fk_test_cases_tenant_id_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_test_cases")),
        schema="app",
    )
    op.create_index(
        op.f("ix_test_cases_tenant_id_assistant_id_created_at"),
        "test_cases",
        ["tenant_id", "assistant_id", "created_at"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "test_runs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assistant_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("baseline_version", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("estimated_tokens", sa.Integer(), nullable=False),
        sa.Column("estimated_cost_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("started_by", sa.String(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'finished', 'cancelled', 'failed')", name=op.f("ck_test_runs_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assistant_id"],
            ["app.assistants.tenant_id", "app.assistants.id"],
            name=op.f("fk_test_runs_tenant_id_assistant_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_test_runs")),
        schema="app",
    )
    op.create_index(
        "ix_test_runs_due",
        "test_runs",
        ["created_at"],
        unique=False,
        schema="app",
        postgresql_where=sa.text("state in ('queued', 'running')"),
    )
    op.create_index(
        op.f("ix_test_runs_tenant_id_assistant_id_id"),
        "test_runs",
        ["tenant_id", "assistant_id", "id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "test_results",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("case_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("must_pass", sa.Boolean(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("handed_over", sa.Boolean(), nullable=True),
        sa.Column(
            "tools", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "failures", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("subject in ('draft', 'published')", name=op.f("ck_test_results_subject")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["app.test_runs.tenant_id", "app.test_runs.id"],
            name=op.f("fk_test_results_tenant_id_run_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "case_id"],
            ["app.test_cases.tenant_id", "app.test_cases.id"],
            name=op.f("fk_test_results_tenant_id_case_id"),
        ),
        sa.UniqueConstraint(
            "tenant_id", "run_id", "case_id", "subject", name=op.f("uq_test_results_tenant_id_run_id_case_id_subject")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_test_results")),
        schema="app",
    )
    op.create_index(
        op.f("ix_test_results_tenant_id_case_id_fingerprint"),
        "test_results",
        ["tenant_id", "case_id", "fingerprint"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "shadow_drafts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assistant_id", sa.Uuid(), nullable=False),
        sa.Column("assistant_version", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("last_in_seq", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("handoff_reason", sa.String(), nullable=True),
        sa.Column("trace_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assistant_id"],
            ["app.assistants.tenant_id", "app.assistants.id"],
            name=op.f("fk_shadow_drafts_tenant_id_assistant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "conversation_id"],
            ["app.conversations.tenant_id", "app.conversations.id"],
            name=op.f("fk_shadow_drafts_tenant_id_conversation_id"),
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "conversation_id",
            "last_in_seq",
            name=op.f("uq_shadow_drafts_tenant_id_conversation_id_last_in_seq"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_shadow_drafts")),
        schema="app",
    )
    op.create_index(
        op.f("ix_shadow_drafts_tenant_id_assistant_id_created_at"),
        "shadow_drafts",
        ["tenant_id", "assistant_id", "created_at"],
        unique=False,
        schema="app",
    )


def _walls() -> None:
    op.execute("grant usage on schema app to tenant, system, door")
    statements = [statement for table in TENANT_TABLES for statement in wall(table)]
    # The tenant itself is shown to its own people; its wall is on its id. Sign-up makes it, as `system`.
    statements += wall("tenants", column="id", tenant="select, update")
    statements += wall("audit_log", tenant="select, insert")
    statements += door("channel_events")
    statements += shared("plans", tenant="select")
    for table in ("users", "sessions", "refresh_tokens", "schedules"):
        statements += shared(table)
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    for table in ("shadow_drafts", "test_results", "test_runs", "test_cases"):
        op.drop_table(table, schema="app")
    for table in ("outside_calls", "tool_servers", "http_tools"):
        op.drop_table(table, schema="app")
    for table in (
        "charges",
        "costs",
        "gaps",
        "reserves",
        "postings",
        "chunk_vectors",
        "chunks",
        "terms",
        "corpora",
        "documents",
    ):
        op.drop_table(table, schema="app")
    op.drop_index(
        "ix_deliveries_unsettled",
        table_name="deliveries",
        schema="app",
        postgresql_where=sa.text("state in ('ready', 'attempting', 'uncertain')"),
    )
    op.drop_index("ix_deliveries_opening", table_name="deliveries", schema="app", postgresql_where=sa.text("opening"))
    op.drop_table("deliveries", schema="app")
    op.drop_index("uq_turns_open", table_name="turns", schema="app", postgresql_where=sa.text("closed_at is null"))
    op.drop_table("turns", schema="app")
    op.drop_index(op.f("ix_traces_tenant_id_turn_id"), table_name="traces", schema="app")
    op.drop_table("traces", schema="app")
    op.drop_index(
        "uq_messages_part", table_name="messages", schema="app", postgresql_where=sa.text("turn_id is not null")
    )
    op.drop_index(
        "uq_messages_client", table_name="messages", schema="app", postgresql_where=sa.text("client_id is not null")
    )
    op.drop_table("messages", schema="app")
    op.drop_table("media", schema="app")
    op.drop_index(op.f("ix_refresh_tokens_session_id"), table_name="refresh_tokens", schema="app")
    op.drop_table("refresh_tokens", schema="app")
    op.drop_index(
        op.f("ix_parked_updates_tenant_id_channel_id_provider_message_id"), table_name="parked_updates", schema="app"
    )
    op.drop_index(op.f("ix_parked_updates_created_at"), table_name="parked_updates", schema="app")
    op.drop_table("parked_updates", schema="app")
    op.drop_index(
        "uq_conversations_open",
        table_name="conversations",
        schema="app",
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.drop_index("ix_conversations_people", table_name="conversations", schema="app")
    op.drop_index("ix_conversations_contact", table_name="conversations", schema="app")
    op.drop_index("ix_conversations_activity", table_name="conversations", schema="app")
    op.drop_table("conversations", schema="app")
    op.drop_index(op.f("ix_consents_tenant_id_contact_id_id"), table_name="consents", schema="app")
    op.drop_table("consents", schema="app")
    op.drop_index(op.f("ix_contact_words_tenant_id_word_contact_id"), table_name="contact_words", schema="app")
    op.drop_table("contact_words", schema="app")
    op.drop_index(op.f("ix_contact_merges_tenant_id_kept_id"), table_name="contact_merges", schema="app")
    op.drop_table("contact_merges", schema="app")
    op.drop_index(op.f("ix_contact_aliases_tenant_id_contact_id"), table_name="contact_aliases", schema="app")
    op.drop_table("contact_aliases", schema="app")
    op.drop_index(
        "ix_channel_events_due",
        table_name="channel_events",
        schema="app",
        postgresql_where=sa.text("state = 'received'"),
    )
    op.drop_index(
        "ix_channel_events_attention",
        table_name="channel_events",
        schema="app",
        postgresql_where=sa.text("state in ('quarantined', 'dead')"),
    )
    op.drop_index(
        "ix_channel_events_reconciled",
        table_name="channel_events",
        schema="app",
        postgresql_where=sa.text("reconciled"),
    )
    op.drop_table("channel_events", schema="app")
    op.drop_table("assistant_versions", schema="app")
    op.drop_table("tenant_keys", schema="app")
    op.drop_table("subscriptions", schema="app")
    op.drop_index(op.f("ix_sessions_user_id_created_at"), table_name="sessions", schema="app")
    op.drop_index(op.f("ix_sessions_expires_at"), table_name="sessions", schema="app")
    op.drop_table("sessions", schema="app")
    op.drop_table("responders", schema="app")
    op.drop_table("quotas", schema="app")
    op.drop_index("ix_outbox_due", table_name="outbox", schema="app", postgresql_where=sa.text("done_at is null"))
    op.drop_table("outbox", schema="app")
    op.drop_index(op.f("ix_members_user_id"), table_name="members", schema="app")
    op.drop_table("members", schema="app")
    op.drop_index(op.f("ix_idempotency_keys_tenant_id_expires_at"), table_name="idempotency_keys", schema="app")
    op.drop_table("idempotency_keys", schema="app")
    op.drop_index(
        "ix_dead_letters_open", table_name="dead_letters", schema="app", postgresql_where=sa.text("closed_at is null")
    )
    op.drop_table("dead_letters", schema="app")
    op.drop_index("ix_contacts_opted_out", table_name="contacts", schema="app")
    op.drop_table("contacts", schema="app")
    op.drop_table("templates", schema="app")
    op.drop_index(
        "ix_channels_group",
        table_name="channels",
        schema="app",
        postgresql_where=sa.text("deleted_at is null and hook_group is not null"),
    )
    op.drop_index(
        "ix_channels_templates_due",
        table_name="channels",
        schema="app",
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.drop_index(
        "ix_channels_reconcile_due",
        table_name="channels",
        schema="app",
        postgresql_where=sa.text("deleted_at is null and state in ('connecting', 'connected', 'reconnecting')"),
    )
    op.drop_table("channels", schema="app")
    op.drop_table("audit_log", schema="app")
    op.drop_table("assistants", schema="app")
    op.drop_index("uq_users_email", table_name="users", schema="app")
    op.drop_table("users", schema="app")
    op.drop_table("tenants", schema="app")
    op.drop_table("schedules", schema="app")
    op.drop_table("plans", schema="app")
