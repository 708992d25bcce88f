"""SQL that a person types."""

import pytest

from diffusion.errors import UserError
from runs.store import Store

NEXT = 'next: workbench query "select * from run_summary"'
READ_ONLY = (
    "the SQL would do more than read; the database is opened for reading only; allowed: select, with, values, explain; "
    + NEXT
)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        pytest.param("delete from runs", READ_ONLY, id="delete"),
        pytest.param("insert into runs (id) values ('x')", READ_ONLY, id="insert"),
        pytest.param("update runs set name = 'x'", READ_ONLY, id="update"),
        pytest.param("drop table runs", READ_ONLY, id="drop"),
        pytest.param("create temp table t (x)", READ_ONLY, id="temporary table"),
        pytest.param("attach 'other.db' as other", READ_ONLY, id="attach"),
        pytest.param("pragma query_only = off", READ_ONLY, id="pragma"),
        pytest.param("pragma journal_mode = delete", READ_ONLY, id="journal"),
        pytest.param("vacuum into 'other.db'", READ_ONLY, id="vacuum"),
        pytest.param("begin exclusive", READ_ONLY, id="lock"),
        pytest.param("select load_extension('x')", READ_ONLY, id="extension"),
        pytest.param("with x as (select 1) delete from runs", READ_ONLY, id="with"),
        pytest.param("select 1; drop table runs", "the SQL has more than one statement; allowed: one select", id="two"),
        pytest.param("selec 1", f'the SQL cannot be run: near "selec": syntax error; {NEXT}', id="syntax"),
        pytest.param("", f"the SQL asks for nothing; {NEXT}", id="empty"),
        pytest.param("-- hm", f"the SQL asks for nothing; {NEXT}", id="comment"),
        pytest.param(
            "select los from runs",
            'no such column: los; did you mean loss?; next: workbench query "select name, sql from sqlite_schema"',
            id="column",
        ),
        pytest.param(
            "select r.nam from runs r",
            'no such column: r.nam; did you mean name?; next: workbench query "select name, sql from sqlite_schema"',
            id="column of an alias",
        ),
        pytest.param("select \0", f"the SQL holds a null character; {NEXT}", id="NUL"),
    ],
)
def test_sql_that_is_refused(home, recorded, sql, message):
    """One sentence; nothing has changed, and the connection still answers."""
    with Store.write(home):
        pass
    with Store.read(home) as store:
        before = store.query("select count(*) from sqlite_schema")
        with pytest.raises(UserError) as caught:
            store.query(sql)
        assert str(caught.value) == message
        assert store.query("select count(*) from sqlite_schema") == before
    assert not list(home.root.glob("other*"))


def test_an_unknown_table(home):
    """The tables there are, and the nearest."""
    with Store.read(home) as store, pytest.raises(UserError) as caught:
        store.query("select * from metric")
    assert caught.value.nearest == "metrics"
    assert {"runs", "metrics", "run_summary"} <= set(caught.value.allowed.split(", "))


def test_a_question_does_not_run_for_ever(home):
    """It is ended, and says so."""
    with Store.read(home) as store, pytest.raises(UserError) as caught:
        store.query("with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n", 0.05)
    assert str(caught.value) == "the SQL took longer than 0.05 s; next: add a where or a limit"


@pytest.mark.parametrize(
    "sql",
    [
        "select name from runs",
        "explain query plan select * from metrics",
        "pragma table_info(runs)",
        "values (1, 2)",
        "with recursive n(x) as (select 1 union all select x + 1 from n where x < 5) select sum(x) from n",
        "select json_extract(config, '$.seed'), rank() over (order by loss) from runs",
    ],
)
def test_sql_that_reads(home, sql):
    """Everything that only reads is allowed."""
    with Store.read(home) as store:
        assert store.query(sql).columns


def test_memory_is_limited(home):
    """One value of a gigabyte is refused."""
    with Store.read(home) as store, pytest.raises(UserError, match="too big"):
        store.query("select zeroblob(1000000000)")


def test_the_first_rows(home):
    """So many at most; whether there are more is told."""
    numbers = "with recursive n(x) as (select 1 union all select x + 1 from n where x < 5) select x from n"
    with Store.read(home) as store:
        first, every = store.query(numbers, most_rows=3), store.query(numbers, most_rows=5)
        assert store.query("select 1").rows == ((1,),)  # the one before is not in the way
    assert (first.rows, first.more) == (((1,), (2,), (3,)), True)
    assert (len(every.rows), every.more) == (5, False)


def test_a_question_is_cancelled(home):
    """By whoever asked it, while it works."""
    asked = []

    def cancelled():
        asked.append(1)
        return len(asked) > 3

    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"
    with Store.read(home) as store, pytest.raises(UserError, match="the query was cancelled"):
        store.query(endless, cancelled=cancelled)
