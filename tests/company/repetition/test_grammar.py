"""The grammar: total, idempotent, and the same for every surface."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.repetition import command as c
from company.repetition.grammar import Place, Where, is_order, label_of, read, read_slash, recordable
from company.repetition.verbs import VERBS
from company.repetition.wording import plain, take_options

ADDRESSED = Place(where=Where.ADDRESSED, bot_id="UBOT")
IN_THREAD_OF_JOB = Place(where=Where.ADDRESSED, is_of_job=True, bot_id="UBOT")
THREAD = Place(where=Where.THREAD, is_of_job=True)
PLACES = (ADDRESSED, IN_THREAD_OF_JOB, THREAD, Place(where=Where.COMMAND))

#: text as people type it: command words, names, mark-up and anything at all
SAYING = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [*VERBS, "it", "the", "last", "Backend", "team:engineering", "[repo:shop", "]", "please", "?", "as",
             "<@UBOT>", "job-1795579542233-3xdc9li", "because", ":", "(", ")", "why did", "how is", "doing", "\n"]
        ),
        max_size=8,
    ).map(" ".join),
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("how is Backend doing?", c.ShowAgent(agent="backend")),
        ("How good is the Senior Reviewer?", c.ShowAgent(agent="senior reviewer")),
        ("performance of Backend", c.ShowAgent(agent="backend")),
        ("how are the agents doing", c.ShowAgents()),
        ("why did that fail?", c.ExplainJob()),
        ("what went wrong?", c.ExplainJob()),
        ("stop it", c.StopJob()),
        ("please stop the job!", c.StopJob()),
        ("cancel job-1795579542233-3xdc9li", c.StopJob(job="job-1795579542233-3xdc9li")),
        ("can you stop 3xdc9li please", c.StopJob(job="3xdc9li")),
        ("try it again", c.RetryJob()),
        ("merge it", c.ChangePullRequest(action="merge")),
        ("what did we spend today?", c.ShowCosts(period=c.Period.TODAY)),
        ("how much have we spent this month", c.ShowCosts(period=c.Period.MONTH)),
        ("show me the costs", c.ShowCosts()),
        ("what’s running?", c.ShowJobs(status="in_progress")),
        ("which jobs failed?", c.ShowJobs(status="failed")),
        ("list agents", c.ShowAgents()),
        ("who works here?", c.ShowAgents()),
        ("hire a blog writer as Content Writer team:marketing",
         c.Hire(name="Blog Writer", role="Content Writer", team="marketing")),
        ("let Backend go", c.Fire(agent="backend")),
        ("bring Loki back", c.Rehire(agent="loki")),
        ("pause marketing: launch freeze", c.Pause(scope="marketing", reason="launch freeze")),
        ("pause everything", c.Pause()),
        ("resume", c.Resume()),
        ("pair abcd-1234", c.Pair(code="ABCD1234")),
        ("anything waiting for me?", c.Show(topic=c.Topic.PROPOSALS)),
        ("hi", c.Help()),
        ("Hello there!", c.Help()),
        ("thanks a lot!", c.Aside(text="thanks a lot!")),
        ("ok", c.Aside(text="ok")),
        ("<@UBOT> logs", c.ShowLogs()),
        ("(what do you think?)", c.Aside(text="(what do you think?)")),
    ],
)  # fmt: skip
def test_what_people_say_is_a_command(said: str, meant: c.Command) -> None:
    assert read(said, ADDRESSED) == meant


@pytest.mark.parametrize(
    "said",
    [
        "stop using tabs in the code",
        "evaluate the new library",
        "reject invalid emails in the form",
        "content for the landing page",
        "help me fix the login",
        "pause the carousel after three seconds",
        "fire up nginx on the staging host",
        "can you update the readme?",
        "work on the footer",
    ],
)
def test_a_sentence_that_begins_like_a_command_is_work(said: str) -> None:
    meant = read(said, ADDRESSED)
    assert isinstance(meant, c.StartWork)
    assert meant.text == said or said == "work on the footer"


def test_options_are_taken_out_of_the_text() -> None:
    meant = read("Fix the footer [repo:shop] [team=marketing model=opus]", ADDRESSED)
    assert meant == c.StartWork(text="Fix the footer", repo="shop", team="marketing", model="opus")
    assert take_options("write about the team: it is large")[1] == {}


def test_a_question_that_nothing_answers_begins_nothing() -> None:
    assert read("what is the weather in Paris?", ADDRESSED) == c.Unclear(text="what is the weather in Paris?")


def test_a_slip_of_the_finger_begins_nothing_and_is_told_what_was_near() -> None:
    assert read("jbos", ADDRESSED) == c.Unknown(text="jbos", suggestions=("jobs",))
    slash = read_slash("/agents", "stpo it")
    assert isinstance(slash, c.Unknown)
    assert "stop" in slash.suggestions


def test_slash_commands_start_work_only_where_that_is_their_name() -> None:
    assert isinstance(read_slash("/agents", "make the footer blue"), c.Unknown)
    assert read_slash("/agents", "work make it blue repo:shop") == c.StartWork(
        text="make it blue", repo="shop"
    )
    assert read_slash("/work", "stop the flicker") == c.StartWork(text="stop the flicker")
    assert read_slash("/work", "") == c.Help(topic="work")
    assert read_slash("/jobs", "") == c.ShowJobs()
    assert read_slash("/jobs", "logs 3xdc9li") == c.ShowLogs(job="3xdc9li")
    assert read_slash("/acme-jobs", "running", prefix="acme-") == c.ShowJobs(status="in_progress")
    assert read_slash("/agents", "") == c.Help()


def test_in_a_jobs_thread_words_are_for_the_agents_and_it_is_the_job() -> None:
    assert read("use the blue of the logo", THREAD) == c.TellJob(text="use the blue of the logo")
    assert read("use the blue of the logo", IN_THREAD_OF_JOB) == c.TellJob(text="use the blue of the logo")
    assert read("status", THREAD) == c.ShowJob()
    assert read("why did that fail?", THREAD) == c.ExplainJob()
    assert read("reject: no tests", THREAD) == c.RejectJob(reason="no tests")
    assert read("agents", THREAD) == c.TellJob(text="agents")
    assert read("agents", IN_THREAD_OF_JOB) == c.ShowAgents()
    assert read("(lunch?)", THREAD) == c.Aside(text="(lunch?)")
    assert read("aside lunch?", THREAD) == c.Aside(text="lunch?")
    assert read("mute", THREAD) == c.MuteJob()


def test_markup_is_read_as_it_was_typed() -> None:
    assert plain("<@UBOT> fix &lt;b&gt; &amp; <https://a.example/x|this> for <@U1>", bot_id="UBOT") == (
        "fix <b> & https://a.example/x for @U1"
    )


def test_a_pairing_code_is_not_recorded() -> None:
    assert recordable("pair ABCD-1234") == "pair •••"
    assert recordable("<@UBOT> pair ABCD1234") == "<@UBOT> pair •••"
    assert (
        recordable("pair the devices of the user with the hub") == "pair the devices of the user with the hub"
    )


@given(SAYING, st.sampled_from(PLACES))
def test_any_text_is_some_command_and_its_label_reads_as_itself(said: str, place: Place) -> None:
    meant = read(said, place)
    label = label_of(meant)
    assert isinstance(meant, c.Command)
    if label:
        assert is_order(label)
        again = read_slash("/agents", label.removeprefix("/agents "))
        assert label_of(again) == label


@given(SAYING, st.sampled_from(["/agents", "/work", "/jobs", "/proposals", "/other"]))
def test_any_slash_command_is_some_command(said: str, name: str) -> None:
    assert isinstance(read_slash(name, said), c.Command)


@given(SAYING)
def test_reading_twice_is_reading_once(said: str) -> None:
    assert read(said, ADDRESSED) == read(said, ADDRESSED)


@given(st.text(max_size=300))
def test_taking_options_leaves_none_behind(said: str) -> None:
    rest, options = take_options(said)
    assert take_options(rest)[1] == {} or options
