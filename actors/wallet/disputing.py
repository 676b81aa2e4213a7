"""The errands of disputes: written down, then told to the ledger, then written down as done.

The payee's wallet does them one after the other with its releases and cash-outs, and first finishes
what a crash left half done. Every step is harmless to repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from actors.calls.commands import block_commands
from actors.calls.messages import CallRead, ReadCall
from actors.directory.messages import DIRECTORY, TellSpaces
from actors.ledger.book import Entry
from actors.ledger.messages import LedgerRead, Post, ReadLedger
from actors.ledger.refusals import IdempotencyConflict, InsufficientFunds
from actors.ledger.transfer import Command, derived_id
from actors.money.dispute_records import (
    UNFINISHED,
    DisputeKind,
    DisputeRow,
    ListDisputes,
    ReadDispute,
    SaveDispute,
)
from actors.money.disputes import (
    Balances,
    Sale,
    call_sale,
    freeze_command,
    lost_command,
    resume_command,
    sale_of,
)
from actors.money.errands import Ask, Errand, Tell
from actors.money.refusals import (
    DisputeNotFound,
    DisputeState,
    NotRefundable,
    OwnDispute,
    SaleGoesOn,
)
from actors.space.hall.messages import ReloadStandings
from actors.store_answers import RefusedByStore
from actors.wallet.messages import CloseDispute, OpenDispute

IDS_MAX = 512
"""Commands asked for at once: two hours of a call."""

TRIES = 5
"""Each starts from balances that were read anew; only a payee who spends at that moment refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Whose disputes they are, under which epoch their rows are written, and what losing costs."""

    account: str
    actor: str
    epoch: int
    fee: int


def dispute_id(sale: str) -> str:
    """Return the id of a sale's one dispute."""
    return derived_id(sale, "dispute")


def open_dispute(desk: Desk, wish: OpenDispute, now_us: int) -> Errand:
    """Return the errand; it ends in the `DisputeRow`, open.

    Raises:
        DisputeNotFound: nothing that `account` earned was sold so, or it was given back.
        DisputeState: there has been a dispute of it.
        OwnDispute: it is the operator's own sale.
        SaleGoesOn: it is a call that is not over.
    """
    if wish.by == desk.account:
        raise OwnDispute
    known: DisputeRow | None = yield Ask(ReadDispute(id=dispute_id(wish.sale)))
    if known is None:
        sale = yield from _sale(wish.sale, wish.kind)
        there: LedgerRead = yield Ask(ReadLedger(pairs=sale.pairs))
        stands = Balances(dict(there.balances)).is_held(sale)
        if (sale.kind, sale.account) != (wish.kind, desk.account) or not stands:
            raise DisputeNotFound
        known = DisputeRow(
            id=dispute_id(wish.sale),
            sale=wish.sale,
            kind=wish.kind,
            account=desk.account,
            reason=wish.reason,
            status="opening",
            opened_by=wish.by,
            opened_at_us=now_us,
        )
        yield Ask(SaveDispute(actor=desk.actor, epoch=desk.epoch, row=known))
    elif (known.opened_by, known.reason) != (wish.by, wish.reason) or known.status not in (
        "opening",
        "open",
    ):
        raise DisputeState(known.status)
    return (yield from _finish(desk, known))


def close_dispute(desk: Desk, wish: CloseDispute, now_us: int) -> Errand:
    """Return the errand; it ends in the `DisputeRow`, won or lost.

    Raises:
        DisputeNotFound: `account` has none of this id.
        DisputeState: it has been decided otherwise.
        OwnDispute: it is about what the operator earned.
    """
    if wish.by == desk.account:
        raise OwnDispute
    known: DisputeRow | None = yield Ask(ReadDispute(id=wish.dispute))
    if known is None or known.account != desk.account:
        raise DisputeNotFound
    known = yield from _finish(desk, known)
    if known.status == "open":
        known = replace(
            known,
            status="winning" if wish.won else "losing",
            closed_by=wish.by,
            closed_at_us=now_us,
        )
        yield Ask(SaveDispute(actor=desk.actor, epoch=desk.epoch, row=known))
    elif known.status != ("won" if wish.won else "lost"):
        raise DisputeState(known.status)
    return (yield from _finish(desk, known))


def finish_disputes(desk: Desk) -> Errand:
    """Return the errand that finishes what a crash left half done."""
    rows: tuple[DisputeRow, ...] = yield Ask(ListDisputes(account=desk.account, unfinished=True))
    for row in rows:
        yield from _finish(desk, row)


def _finish(desk: Desk, row: DisputeRow) -> Errand:
    if row.status not in UNFINISHED:
        return row
    sale = yield from _sale(row.sale, row.kind)
    if row.status == "opening":
        yield from _tell(row, sale, lambda id_, has, _: freeze_command(id_, row, sale, has))
        row = replace(row, status="open")
    elif row.status == "winning":
        yield from _tell(row, sale, lambda id_, has, was: resume_command(id_, row, sale, has, was))
        row = replace(row, status="won")
    else:
        yield from _tell(
            row, sale, lambda id_, has, was: lost_command(id_, row, sale, has, was, desk.fee)
        )
        yield from _look_again(sale)
        row = replace(row, status="lost")
    yield Ask(SaveDispute(actor=desk.actor, epoch=desk.epoch, row=row))
    return row


def _tell(
    row: DisputeRow, sale: Sale, make: Callable[[str, Balances, str], Command | None]
) -> Errand:
    """Return the errand that tells the ledger one step, once however often it runs.

    An attempt's id is used until it is refused for good, so only one of them ever happens.
    """
    step = "open" if row.status == "opening" else "close"
    opened = [derived_id(row.id, f"open/{attempt}") for attempt in range(TRIES)]
    attempts = [derived_id(row.id, f"{step}/{attempt}") for attempt in range(TRIES)]
    for _ in range(2 * TRIES):
        read: LedgerRead = yield Ask(ReadLedger(pairs=sale.pairs, commands=(*opened, *attempts)))
        made = {decision.command_id: decision for decision in read.decisions}
        if any(id_ in made and made[id_].refused is None for id_ in attempts):
            return
        left = [id_ for id_ in attempts if id_ not in made]
        if not left:
            break
        froze = [made[id_] for id_ in opened if id_ in made and made[id_].refused is None]
        origin = froze[0].entries[0].transfer.debit if froze else sale.earned_in
        command = make(left[0], Balances(dict(read.balances)), origin)
        if command is None:
            return
        try:
            yield Post(command=command)
        except RefusedByStore as refused:
            # The balances have changed, or an earlier try was on its way from before a crash.
            if refused.code not in (InsufficientFunds.code, IdempotencyConflict.code):
                raise
        else:
            return
    raise NotRefundable


def _look_again(sale: Sale) -> Errand:
    """Return the errand that has a space look who holds its tickets."""
    if sale.kind == "space_ticket":
        said = sale.details
        message = ReloadStandings(accounts=(said["account"],))
        tell = TellSpaces(space_type=said["space_type"], space_id=said["space_id"], message=message)
        yield Tell(DIRECTORY, tell)


def _sale(id_: str, kind: DisputeKind) -> Errand:
    sale: Sale | None
    if kind == "call":
        sale = yield from _call(id_)
    else:
        read: LedgerRead = yield Ask(ReadLedger(pairs=(), commands=(id_,)))
        sale = sale_of(id_, read.decisions[0].entries if read.decisions else ())
    if sale is None:
        raise DisputeNotFound
    return sale


def _call(id_: str) -> Errand:
    found: CallRead | None = yield Ask(ReadCall(call_id=id_))
    if found is None:
        return None
    if found.facts.live:
        raise SaleGoesOn
    ids = [each for n in range(found.facts.blocks) for each in block_commands(id_, n + 1)]
    entries: list[Entry] = []
    for start in range(0, len(ids), IDS_MAX):
        part = tuple(ids[start : start + IDS_MAX])
        read: LedgerRead = yield Ask(ReadLedger(pairs=(), commands=part))
        entries += [entry for decision in read.decisions for entry in decision.entries]
    return call_sale(found.facts, entries)
