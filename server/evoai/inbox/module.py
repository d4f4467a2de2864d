"""What the inbox plugs into the house."""

from __future__ import annotations

from evoai.inbox import jobs
from evoai.inbox.controllers.contacts import ContactController
from evoai.inbox.controllers.conversations import ConversationController
from evoai.inbox.controllers.media import MediaController
from evoai.inbox.controllers.memory import FactController, SummaryController
from evoai.inbox.controllers.messages import MessageController
from evoai.inbox.controllers.numbers import NumberController
from evoai.inbox.events import ASK_RATING
from evoai.inbox.repository import media, turns
from evoai.inbox.service import satisfaction, seen
from evoai.inbox.service.learn import MOVED, PAIRED
from evoai.inbox.service.media import DROP, drop
from evoai.inbox.service.merge import paired
from evoai.inbox.service.readdress import readdress
from evoai.inbox.service.steps import InboxSteps
from evoai.kit.module import Cron, Module
from evoai.kit.sweep import Due

MODULE = Module(
    name="inbox",
    controllers=(
        ConversationController,
        MessageController,
        MediaController,
        ContactController,
        FactController,
        SummaryController,
        NumberController,
    ),
    jobs=(jobs.reply, jobs.deliver, jobs.settle, jobs.fetch_media, jobs.drop_parked, jobs.drop_files),
    handlers={
        PAIRED: paired,
        MOVED: readdress,
        DROP: drop,
        seen.TOPIC: seen.mark_read,
        ASK_RATING: satisfaction.ask_after_answer,
    },
    crons=(
        Cron("inbox.drop_parked", 3600, jobs.drop_parked),
        Cron("inbox.drop_files", 3600, jobs.drop_files),
    ),
    due=(
        Due("turns", jobs.reply, turns.due_turns),
        Due("deliveries", jobs.deliver, turns.due_deliveries),
        Due("doubtful deliveries", jobs.settle, turns.doubtful_deliveries),
        Due("media", jobs.fetch_media, media.due),
    ),
    steps=InboxSteps,
)
