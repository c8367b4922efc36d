"""The settings made into a journal. It opens nothing: that is done when the service starts."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_bytes

from cds.journal.database import Database, StaleTables
from cds.journal.kept import Clock, Kept, Keyring
from cds.journal.keys import JournalKeys, SealRing, own_secret
from cds.journal.memory import Memory
from cds.journal.outbox import Outbox
from cds.journal.writer import AWAY
from cds.settings import Settings


def journal_of(settings: Settings, clock: Clock) -> Memory | Kept:
    """The journal in the database of the settings; without one, a memory that is gone with the process."""
    if not settings.journal_database:
        return _memory(settings, JournalKeys(token_bytes(32)), clock)
    keys = journal_keys(settings)
    outbox = Outbox(settings.journal_spool or settings.data_folder / "spool", settings.journal_spool_bytes, clock.mint)
    days = settings.journal_input_days if settings.journal_keep_input else None
    database = Database(settings.journal_database)
    return Kept(database, outbox, _memory(settings, keys, clock), Keyring(keys, seal_ring(settings), days), clock)


def _memory(settings: Settings, keys: JournalKeys, clock: Clock) -> Memory:
    """An empty memory of shown cards."""
    return Memory(keys.pseudonym, clock.today, settings.remembered_cards, settings.remembered_patients)


def with_journal(settings: Settings) -> Settings:
    """The settings with the embedded journal in the data folder, if they name no other and are for development."""
    if settings.journal_database or settings.is_production:
        return settings
    return settings.model_copy(update={"journal_database": f"sqlite:///{settings.data_folder / 'journal.sqlite'}"})


def journal_keys(settings: Settings) -> JournalKeys:
    """The keys of the journal's secret; in development one is made at the first start and kept in the data folder."""
    secret = settings.journal_key.get_secret_value()
    return JournalKeys(secret.encode() if secret else own_secret(settings.data_folder / "journal.key"))


def seal_ring(settings: Settings) -> SealRing:
    """The keys for kept inputs; raises ValueError on an unfit one."""
    return SealRing({name: key.get_secret_value() for name, key in settings.journal_input_keys.items()})


async def prepare_journal(settings: Settings) -> None:
    """The embedded journal is up to date; another is, or is away for now. Raises StaleTables."""
    if not settings.journal_database:
        return
    database = Database(settings.journal_database)
    try:
        if database.is_embedded:
            await database.migrate()
        elif not await database.is_current():
            raise StaleTables
    except AWAY:
        return
    finally:
        await database.close()


@dataclass(frozen=True, slots=True)
class Archive:
    """A journal to be read, or tended, while nobody is answered from it."""

    database: Database
    keys: JournalKeys
    ring: SealRing


def archive_of(settings: Settings) -> Archive:
    """The journal of the settings; raises ValueError if they name none that could be one."""
    chosen = with_journal(settings)
    return Archive(Database(chosen.journal_database), journal_keys(chosen), seal_ring(chosen))
