"""starts, and conversations in the order of their titles"""

from alembic import op
import sqlalchemy as sa


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index('ix_conversations_parent', table_name='conversations')
    op.create_index('ix_conversations_parent', 'conversations', ['parent_id'], sqlite_where=sa.text('parent_id IS NOT NULL'), postgresql_where=sa.text('parent_id IS NOT NULL'))
    op.create_index('ix_conversations_title', 'conversations', [sa.text("coalesce(title, '')"), 'key'])
    op.create_index('ix_conversations_owner_title', 'conversations', ['owner', sa.text("coalesce(title, '')"), 'key'])
    op.create_table('starts',
    sa.Column('key', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('owner', sa.String(length=255), nullable=False),
    sa.Column('conversation_key', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.String(length=30), nullable=False),
    sa.Column('code', sa.Text(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('request', sa.Text(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('updated_at', sa.BigInteger(), nullable=False),
    sa.Column('finished_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('key'),
    sa.UniqueConstraint('conversation_id'),
    sa.UniqueConstraint('conversation_key'),
    sa.UniqueConstraint('id')
    )
    op.create_index('ix_starts_created', 'starts', ['created_at', 'key'])
    op.create_index('ix_starts_updated', 'starts', ['updated_at', 'key'])
    op.create_index('ix_starts_owner_created', 'starts', ['owner', 'created_at', 'key'])
    op.create_index('ix_starts_owner_updated', 'starts', ['owner', 'updated_at', 'key'])
    op.create_index('ix_starts_unfinished', 'starts', ['key'], sqlite_where=sa.text('finished_at IS NULL'), postgresql_where=sa.text('finished_at IS NULL'))
