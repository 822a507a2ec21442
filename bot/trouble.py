"""What a call of Slack's Web API can fail with, in one name: Slack's "no", and a network that is not there."""

import aiohttp
from slack_sdk.errors import SlackClientError

SLACK_TROUBLE = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)
