"""How people say what a command says: natural phrasings, each turned into the command's own words.

A table, first match wins, looked up in ``wording.essence``. A phrase turns into text of the grammar (``agent backend``,
``stop it``), so there is still one grammar, and adding a phrase is adding a line.
"""

import re
from collections.abc import Callable

_JOB = r"(?P<job>it|that|this|(?:the|this|that)(?: last| current)?(?: job| one| run| work| task)|job \S+|job-\S+|last)"
_IT = re.compile(r"it|that|this|(?:the|this|that)(?: current)?(?: job| one| run| work| task)")
_LAST = re.compile(r"(?:the )?last(?: job| one| run| work| task)?")


def _job(word: str | None) -> str:
    """Return how the grammar calls the job that a phrase names."""
    if word is None or _IT.fullmatch(word):
        return "it"
    if _LAST.fullmatch(word):
        return "last"
    return word.removeprefix("job ")


def _of_job(command: str) -> Callable[[re.Match[str]], str]:
    return lambda match: f"{command} {_job(match.groupdict().get('job'))}"


def _of_name(command: str) -> Callable[[re.Match[str]], str]:
    return lambda match: f"{command} {match['name']}"


def _always(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _match: text


_WHO = r"(?:the )?(?:agent )?(?P<name>[\w&'-]+(?: [\w&'-]+){0,2}?)"
_EVERYBODY = r"(?:the |our )?(?:agents?|everyone|everybody|team|company)"

_TABLE: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    # how things stand
    (rf"how (?:is|are|'s|did|do|does) {_EVERYBODY} (?:doing|performing|going|perform|do)", _always("agents")),
    (rf"how(?: good| well)? (?:is|are) {_EVERYBODY}", _always("agents")),
    (r"who (?:works|is working|is) (?:here|there|for us|on the team)|who do we have", _always("agents")),
    (r"how(?:'s| is| are)? (?:it|that|this|things|everything|we) (?:going|doing|coming along)", _always("status")),
    (r"how(?:'s| is) (?:it|that|this|the job|this job)", _always("status it")),
    (rf"how (?:far|close|long) (?:is|are|has) {_JOB}.*", _of_job("status")),
    (rf"(?:is|are) {_JOB} (?:done|finished|ready|over|running|still running)(?: yet)?", _of_job("status")),
    (rf"(?:what(?:'s| is) )?(?:the )?(?:status|state|progress)(?: of| on| with)? {_JOB}", _of_job("status")),
    (r"what(?:'s| is) the (?:status|state|progress)|any (?:news|progress|update)s?|where are we", _always("status")),
    (rf"how(?:'s| is| are| was| did| does| good is| well is) {_WHO} (?:doing|performing|perform|do|going)",
     _of_name("agent")),
    (rf"how (?:good|well) (?:is|does) {_WHO}(?: work| perform| do)?", _of_name("agent")),
    (rf"(?:(?:{_WHO}'s|the) )?(?:performance|success rate)(?: of (?:the )?(?P<of>[\w&' -]+))?",
     lambda match: f"agent {match['name'] or match['of']}" if match["name"] or match["of"] else "agents"),
    (r"(?:what|which jobs?)(?:'s| is| are)(?: you)? (?:running|going on|happening|doing|working on|under way)(?: now)?",
     _always("jobs running")),
    (r"(?:what|which jobs?)(?: has| have)? failed(?: today)?", _always("jobs failed")),
    # why, and how to go on
    (rf"why (?:did|has|is|was|does) {_JOB} (?:fail|stop|block|stuck|red|not |break|broke)\w*", _of_job("why")),
    (r"why|what (?:went wrong|happened|failed here|is wrong|broke)", _always("why it")),
    (rf"what (?:went wrong|happened) (?:with|to|in) {_JOB}", _of_job("why")),
    (rf"(?:stop|cancel|kill|abort|halt|end) {_JOB}", _of_job("stop")),
    (rf"(?:retry|rerun|redo|re-run|restart|repeat) {_JOB}", _of_job("retry")),
    (rf"(?:try|run|start|do) {_JOB} again", _of_job("retry")),
    (r"(?:try |once |one )?(?:again|more time|more)", _always("retry it")),
    (rf"(?:show|give|send|see)?(?: me)?(?: the)? ?(?:logs?|output)(?: (?:of|for|from) {_JOB})?", _of_job("logs")),
    (r"what does the log say", _always("logs it")),
    # money
    (r"(?:what|how much)(?: money)? (?:did|have|has|do|are) (?:we|you|i|the company|it all)"
     r" (?:spend|spent|spending|cost|paid|pay)(?: so far)?(?: (?P<when>today|this week|this month))?",
     lambda match: f"costs {(match['when'] or 'today').removeprefix('this ')}"),
    (rf"(?:what|how much) (?:did|does|has) {_JOB} cost(?: so far)?", _of_job("status")),
    # people
    (rf"let {_WHO} go", _of_name("fire")),
    (rf"(?:take|bring|get) {_WHO} back", _of_name("rehire")),
    # decisions and plans
    (r"(?:what|is there anything|anything)(?:'s| is| are| do i need| should i| do i have)?(?: to)?"
     r" (?:waiting(?: for me)?|decide|approve|to decide|to approve)(?: for me)?", _always("proposals")),
    (r"what(?:'s| is) (?:scheduled|planned)|what (?:starts|runs) by itself", _always("schedules")),
    (r"what (?:did|have|do) (?:we|you) (?:learn|learned|learnt|know|noticed?)", _always("patterns")),
    (r"(?:pause|hold|stop) (?:everything|all|all work|all jobs|work|the company)", _always("pause all")),
    (r"(?:resume|continue|unpause)(?: with)?(?: everything| all| all work| work| the company)?", _always("resume all")),
    # manners
    (r"(?:good|great|nice|excellent|amazing|awesome) (?:job|work|stuff)|well done|perfect|love it|bravo",
     _always("praise it")),
    (r"(?:who|what) (?:are you|can you do|can i (?:say|do|ask))", _always("help")),
    (r"how (?:does this|do i|do you) (?:work|use (?:this|it|you))", _always("help")),
    (r"who am i|what (?:may|can) i do|what is my (?:id|role)", _always("whoami")),
)  # fmt: skip
_PHRASES = tuple((re.compile(pattern), told) for pattern, told in _TABLE)
PHRASE_MAX = 120  # characters; longer texts are work, not small talk


def as_command(essence: str) -> str | None:
    """Return the grammar's words for a phrase, or None when it is none."""
    if len(essence) > PHRASE_MAX:
        return None
    for pattern, told in _PHRASES:
        match = pattern.fullmatch(essence)
        if match is not None:
            return told(match)
    return None
