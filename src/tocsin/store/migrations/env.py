"""What Alembic runs to write a migration's script; see ``tocsin.store.schema``. It never connects."""

from alembic import context

from tocsin.store.tables import metadata

context.configure(
    dialect_name=context.config.attributes["engine"],
    target_metadata=metadata,
    as_sql=True,
    output_buffer=context.config.output_buffer,
    transactional_ddl=False,  # the whole script runs in a transaction that we open ourselves
    literal_binds=True,
    render_as_batch=True,
)
context.run_migrations()
