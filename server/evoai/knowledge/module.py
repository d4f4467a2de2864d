"""What the knowledge room plugs into the house."""

from __future__ import annotations

from evoai.kit.module import Cron, Module
from evoai.knowledge.controllers.documents import DocumentController, KnowledgeController, read_file
from evoai.knowledge.controllers.gaps import GapController
from evoai.knowledge.jobs import DUE, clean_up, embed_anew, erase, index_document, refresh_pages
from evoai.knowledge.service import gaps
from evoai.knowledge.service.documents import ERASE
from evoai.knowledge.service.reading import page_of, text_of

MODULE = Module(
    name="knowledge",
    controllers=(DocumentController, KnowledgeController, GapController),
    roots=(read_file,),
    jobs=(index_document, embed_anew, refresh_pages, clean_up),
    crons=(
        Cron("knowledge.embed_anew", 600, embed_anew),
        Cron("knowledge.refresh_pages", 600, refresh_pages),
        Cron("knowledge.clean_up", 3600, clean_up),
    ),
    handlers={ERASE: erase},
    due=(DUE,),
    read_file=text_of,
    draw_page=page_of,
    forget=gaps.forget,
)
