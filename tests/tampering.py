"""What a database administrator can do to a ledger, past its guards."""

import json
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import create_engine, inspect, text

from primum.ledger import log, merkle
from primum.ledger.checkpoints import SigningKey
from primum.ledger.tables import Checkpoint, Entry, Gate, LogState, OutboxMessage, Promotion, Record, Suspension, Vote
from tests.ledger_factories import NOON, promotion, vote

ENTRY, CHECKPOINT, STATE, VOTE = (table.__table__ for table in (Entry, Checkpoint, LogState, Vote))


@contextmanager
def administrator(url):
    """Yield a connection for which no guard holds; afterwards the guards are there as if nothing had been."""
    engine = create_engine(url)
    with engine.begin() as connection:
        guards = _take_down_guards(connection)
        yield connection
        tables = inspect(connection).get_table_names()
        for table, guard in guards:
            if table in tables:
                connection.exec_driver_sql(guard)
    engine.dispose()


def _take_down_guards(connection):
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return []
    guards = connection.execute(text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _, _ in guards:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    return [(table, sql) for _, table, sql in guards]


def copy(connection):
    """Return a backup of every table."""
    return {table: connection.execute(table.select()).mappings().all() for table in Record.metadata.sorted_tables}


def restore(connection, backup):
    for table in reversed(Record.metadata.sorted_tables):
        connection.execute(table.delete())
    for table, rows in backup.items():
        if rows:
            connection.execute(table.insert(), [dict(row) for row in rows])


def rebuild(connection, key):
    """Number the entries anew, give them true leaves and put everything under new checkpoints of a key."""
    entries = [dict(row) for row in connection.execute(ENTRY.select().order_by(ENTRY.c.position)).mappings()]
    origin = connection.execute(STATE.select()).mappings().one()["origin"]
    connection.execute(ENTRY.delete())
    connection.execute(CHECKPOINT.delete())
    edge = merkle.Frontier()
    for position, entry in enumerate(entries):
        leaf = _leaf(entry | {"position": position})
        edge = edge.append(leaf)
        connection.execute(ENTRY.insert().values(entry | {"position": position, "leaf": leaf.hex()}))
        signed = key.sign(origin=origin, size=edge.size, root=edge.root.hex())
        kept = {"size": edge.size, "root": signed.root, "key_id": signed.key_id, "signature": signed.signature}
        connection.execute(CHECKPOINT.insert().values(at=entry["at"], **kept))
    connection.execute(STATE.update().values(size=edge.size, frontier=[node.hex() for node in edge.nodes]))


def _leaf(entry):
    return merkle.leaf_hash(log.leaf_bytes(**{name: value for name, value in entry.items() if name != "leaf"}))


def _one(connection, position):
    return dict(connection.execute(ENTRY.select().where(ENTRY.c.position == position)).mappings().one())


def edit_an_entry(connection, position=3):
    body = json.loads(_one(connection, position)["body"]) | {"forged": True}
    changed = json.dumps(body, sort_keys=True, separators=(",", ":"))
    connection.execute(ENTRY.update().where(ENTRY.c.position == position).values(body=changed))


def edit_an_entry_and_its_leaf(connection):
    edit_an_entry(connection)
    leaf = _leaf(_one(connection, 3)).hex()
    connection.execute(ENTRY.update().where(ENTRY.c.position == 3).values(leaf=leaf))


def antedate_an_entry(connection):
    connection.execute(ENTRY.update().where(ENTRY.c.position == 3).values(at=NOON - timedelta(days=9)))


def delete_the_last_entries(connection):
    connection.execute(ENTRY.delete().where(ENTRY.c.position >= 6))


def delete_a_middle_entry(connection):
    connection.execute(ENTRY.delete().where(ENTRY.c.position == 3))


def delete_a_middle_entry_and_close_the_gap(connection):
    delete_a_middle_entry(connection)
    connection.execute(ENTRY.update().where(ENTRY.c.position > 3).values(position=ENTRY.c.position - 1))


def swap_two_entries(connection):
    for place, other in ((5, 99), (6, 5), (99, 6)):
        connection.execute(ENTRY.update().where(ENTRY.c.position == place).values(position=other))


def append_a_forged_entry(connection):
    size = connection.execute(STATE.select()).mappings().one()["size"]
    forged = _one(connection, 3) | {"position": size, "body": '{"messages":[],"rows":[]}'}
    leaf = _leaf(forged)
    connection.execute(ENTRY.insert().values(forged | {"leaf": leaf.hex()}))
    leaves = [bytes.fromhex(row.leaf) for row in connection.execute(ENTRY.select().order_by(ENTRY.c.position))]
    nodes = [node.hex() for node in merkle.frontier(leaves).nodes]
    connection.execute(STATE.update().values(size=size + 1, frontier=nodes))


def insert_a_forged_entry(connection):
    connection.execute(ENTRY.update().where(ENTRY.c.position == 7).values(position=8))
    connection.execute(ENTRY.insert().values(_one(connection, 6) | {"position": 7}))


def rewrite_and_sign_with_another_key(connection):
    edit_an_entry(connection)
    rebuild(connection, SigningKey.new())


def give_the_log_another_name(connection):
    connection.execute(STATE.update().values(origin="primum/other"))


def shorten_the_state(connection):
    connection.execute(STATE.update().values(size=4, frontier=["00" * 32]))


def delete_the_state(connection):
    connection.execute(STATE.delete())


def delete_the_last_checkpoint(connection):
    connection.execute(CHECKPOINT.delete().where(CHECKPOINT.c.size == 8))


def forge_a_signature(connection):
    connection.execute(CHECKPOINT.update().where(CHECKPOINT.c.size == 8).values(signature="c2lnbmVk"))


def antedate_a_checkpoint(connection):
    connection.execute(CHECKPOINT.update().where(CHECKPOINT.c.size == 8).values(at=NOON - timedelta(days=9)))


def turn_a_vote_round(connection):
    connection.execute(VOTE.update().values(answer="reject"))


def reword_a_reason(connection):
    connection.execute(VOTE.update().values(reason="I did not read it."))


def delete_a_vote(connection):
    connection.execute(VOTE.delete())


def add_a_vote(connection):
    connection.execute(VOTE.insert().values(vote(person="eve", seat="ethicist").model_dump()))


def add_a_promotion(connection):
    forged = promotion(stage_from="pilot", stage_to="scale", gate="heart-G2")
    connection.execute(Promotion.__table__.insert().values(forged.model_dump()))


def open_a_gate(connection):
    connection.execute(Gate.__table__.update().values(state="granted"))


def lift_a_suspension(connection):
    connection.execute(Suspension.__table__.update().values(lifted_by="eve", lifted_at=NOON, lifted_reason="none"))


def delete_a_message(connection):
    connection.execute(OutboxMessage.__table__.delete())


def reword_a_message(connection):
    connection.execute(OutboxMessage.__table__.update().values(body={"to": "nobody"}))


def write_what_is_no_body(connection):
    connection.execute(ENTRY.update().where(ENTRY.c.position == 3).values(body="no JSON"))


def drop_the_votes(connection):
    connection.execute(text("DROP TABLE vote"))


def drop_the_reasons(connection):
    connection.execute(text("ALTER TABLE suspension DROP COLUMN lifted_reason"))


ATTACKS = {
    edit_an_entry: "Entry 3 was changed",
    edit_an_entry_and_its_leaf: "The checkpoint at 4 entries has another root",
    antedate_an_entry: "Entry 3 was changed",
    delete_the_last_entries: "The log has 6 entries, and its state says 8",
    delete_a_middle_entry: "Entry 3 is missing",
    delete_a_middle_entry_and_close_the_gap: "The checkpoint at 4 entries has another root",
    swap_two_entries: "Entry 5 was changed",
    append_a_forged_entry: "only 8 are under a checkpoint; the rest is forged",
    insert_a_forged_entry: "Entry 7 was changed",
    rewrite_and_sign_with_another_key: "was signed with another key",
    give_the_log_another_name: "does not bear this ledger's signature",
    shorten_the_state: "its state says 4",
    delete_the_state: "The log cannot be read",
    delete_the_last_checkpoint: "only 7 are under a checkpoint",
    forge_a_signature: "The checkpoint at 8 entries does not bear this ledger's signature",
    antedate_a_checkpoint: "has another time than its last entry",
    turn_a_vote_round: "is not what entry 2 recorded",
    reword_a_reason: "is not what entry 2 recorded",
    delete_a_vote: "and it is gone",
    add_a_vote: "no entry of the log vouches for it",
    add_a_promotion: "no entry of the log vouches for it",
    open_a_gate: "The gate heart-G1 is not what entry 0 recorded",
    lift_a_suspension: "is not what entry 4 recorded",
    delete_a_message: "gone from the outbox",
    reword_a_message: "is not what entry 4 sent",
    write_what_is_no_body: "Entry 3 was changed",
    drop_the_votes: "The table vote is gone.",
    drop_the_reasons: "The table suspension has lost its columns: lifted_reason.",
}
