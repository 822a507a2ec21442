"""What Slack takes, in characters and counts. Pure numbers; source: Slack's reference of Block Kit and of the methods.

They agree with ``slackblocks._limits`` (tests/bot/views/test_limits.py). Where Slack names none, the number says so.
"""

from typing import Final

MESSAGE_BLOCKS_MAX: Final = 50
#: characters of ``text``: chat.postMessage takes 40,000, chat.update refuses more than this (msg_too_long)
MESSAGE_TEXT_MAX: Final = 4_000
#: characters of all blocks as JSON; ours: msg_blocks_too_long was seen above 11,300 (bolt-js #2509, #2867)
MESSAGE_BUDGET: Final = 9_000
SECTION_TEXT_MAX: Final = 3_000
HEADER_TEXT_MAX: Final = 150
CONTEXT_ELEMENTS_MAX: Final = 10
CONTEXT_TEXT_MAX: Final = 2_000  # ours; Slack names none, and a context is one line
ACTIONS_ELEMENTS_MAX: Final = 25
BUTTON_TEXT_MAX: Final = 75
BUTTON_VALUE_MAX: Final = 2_000
BUTTON_URL_MAX: Final = 3_000
ACTION_ID_MAX: Final = 255
BLOCK_ID_MAX: Final = 255
OPTION_TEXT_MAX: Final = 75
OPTION_VALUE_MAX: Final = 75  # slack_sdk says 75, slackblocks 150: the smaller one
OPTIONS_MAX: Final = 100  # of a select
OVERFLOW_OPTIONS_MAX: Final = 5
CONFIRM_TITLE_MAX: Final = 100
CONFIRM_TEXT_MAX: Final = 300
CONFIRM_BUTTON_MAX: Final = 30
INPUT_LABEL_MAX: Final = 2_000
INPUT_TEXT_MAX: Final = 3_000  # of a plain_text_input
PLACEHOLDER_MAX: Final = 150
VIEW_BLOCKS_MAX: Final = 100
VIEW_TITLE_MAX: Final = 24
VIEW_BUTTON_MAX: Final = 24  # submit and close
PRIVATE_METADATA_MAX: Final = 3_000
METADATA_MAX: Final = 1_000  # characters as JSON; ours: Slack has metadata_too_large and names no number
