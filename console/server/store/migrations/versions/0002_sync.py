"""What sync rests on: stamped events, corrections by the day they were submitted, an audit log, numbers of 64 bits."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BY_CODE_POINT = sa.String(200, collation="C")
ID = sa.String(200).with_variant(BY_CODE_POINT, "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

IDS = {
    "conversation": ("id", "holder_id"),
    "correction": ("id", "conversation_id", "author_id"),
    "event": ("conversation_id",),
    "account": ("user_id",),
    "access_token": ("user_id",),
}
STAMPS = {"sqlite": "lower(hex(randomblob(8)))", "postgresql": "substr(md5(random()::text || seq), 1, 16)"}
DAYS = {"sqlite": "json_extract(body, '$.submitted_at')", "postgresql": "body::json ->> 'submitted_at'"}
APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_never_updated BEFORE UPDATE ON audit"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER audit_never_deleted BEFORE DELETE ON audit"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
        "CREATE TRIGGER audit_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    ),
}


def upgrade() -> None:
    """Add them."""
    dialect = op.get_bind().dialect.name
    op.add_column("event", sa.Column("stamp", sa.String(16), nullable=False, server_default=""))
    op.execute(f"UPDATE event SET stamp = {STAMPS[dialect]}")
    op.add_column("correction", sa.Column("submitted_on", sa.String(10), nullable=False, server_default=""))
    op.execute(f"UPDATE correction SET submitted_on = substr({DAYS[dialect]}, 1, 10)")
    op.drop_index("ix_correction_author_id", "correction")
    op.create_index("ix_correction_author_id_submitted_on", "correction", ["author_id", "submitted_on"])
    if dialect == "postgresql":
        _adapt_postgresql()
    op.create_table(
        "audit",
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", ID, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    for statement in APPEND_ONLY[dialect]:
        op.execute(statement)


def _adapt_postgresql() -> None:
    """Make it what SQLite is by itself: 64 bits wide, sorted by code point."""
    for table, columns in IDS.items():
        for column in columns:
            op.alter_column(table, column, type_=BY_CODE_POINT)
    op.alter_column("conversation", "epoch", type_=sa.BigInteger)
    op.alter_column("event", "seq", type_=sa.BigInteger)
    op.execute("ALTER SEQUENCE event_seq_seq AS BIGINT")
    op.execute("ALTER INDEX event_pkey RENAME TO pk_event")
