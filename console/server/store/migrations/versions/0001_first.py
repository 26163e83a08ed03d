"""The first tables: conversations and leases, corrections, events, accounts and their tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.String(200)
LINE = sa.String(1_000)
WORD = sa.String(40)
SHA256 = sa.String(64)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "conversation",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_name", LINE, nullable=False),
        sa.Column("ask", LINE, nullable=False),
        sa.Column("topic", LINE, nullable=False),
        sa.Column("language", LINE),
        sa.Column("tier", sa.Integer, nullable=False),
        sa.Column("priority", WORD, nullable=False),
        sa.Column("owner_state", WORD, nullable=False),
        sa.Column("gate", WORD),
        sa.Column("gate_inferred", sa.Boolean, nullable=False),
        sa.Column("gate_value", sa.Double),
        sa.Column("gate_threshold", sa.Double),
        sa.Column("turns", sa.Integer, nullable=False),
        sa.Column("queued_for", WORD, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("answer_by", MOMENT, nullable=False),
        sa.Column("waiting_since", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("holder_id", ID),
        sa.Column("holder_name", LINE),
        sa.Column("lease_until", MOMENT),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversation"),
    )
    op.create_index("ix_conversation_urgency_answer_by_id", "conversation", ["urgency", "answer_by", "id"])
    op.create_table(
        "correction",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("author_name", LINE, nullable=False),
        sa.Column("author_role", WORD, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("body_sha256", SHA256, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_correction_conversation_id"),
    )
    op.create_index("ix_correction_conversation_id", "correction", ["conversation_id"])
    op.create_index("ix_correction_author_id", "correction", ["author_id"])
    op.create_table(
        "event",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name="fk_event_conversation_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "account",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", LINE, nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_account"),
    )
    op.create_table(
        "access_token",
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_access_token"),
        sa.ForeignKeyConstraint(["user_id"], ["account.user_id"], name="fk_access_token_user_id"),
    )
    op.create_index("ix_access_token_user_id", "access_token", ["user_id"])
