"""What money keeps beside the ledger, in memory: rows, and what follows from the ledger's books."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from actors.ledger.book import Balance, Entry
from actors.money.commands import SEAT, seat_account
from actors.money.dispute_records import (
    UNFINISHED,
    DisputeRow,
    ListDisputes,
    ReadDispute,
    SaveDispute,
)
from actors.money.disputes import RESUMED_KIND
from actors.money.escrow import Tranche
from actors.money.netting import ReadDirectEarnings
from actors.money.records import (
    ApprovePayout,
    BeginRequest,
    Claimed,
    CreatorRow,
    EntryRow,
    FindTicket,
    FinishRequest,
    ListEntries,
    ListPayouts,
    ListPurchases,
    ListStreams,
    ListTips,
    ListTranches,
    NewPayout,
    NewPurchase,
    NotePayout,
    OpenStream,
    OpenWallet,
    PayoutRow,
    PrepareTip,
    PurchaseRow,
    ReadCreator,
    ReadPayout,
    ReadPurchase,
    ReadStream,
    ReadTipStats,
    ReadWallet,
    SaveCreator,
    SavePaymentEvent,
    SavePayout,
    SavePurchase,
    SaveStream,
    StreamOpened,
    StreamRow,
    StreamView,
    TicketRow,
    TipPage,
    TipRow,
    TipStats,
)
from actors.money.space_records import SaleRow
from actors.store import FENCED
from engine.refusal import Refusal
from sim.earnings_store import read_direct_earnings, read_wallet
from sim.ledger_store import LedgerBooks

TOP_TIPPERS = 5


class _Fenced(Refusal):
    code = FENCED


@dataclass(slots=True)
class _Key:
    digest: bytes
    lapses_us: int
    status: int | None = None
    body: str | None = None


@dataclass(slots=True)
class MoneyBooks:
    """Rows by id. Whether something is paid is asked of `ledger`, never kept twice."""

    ledger: LedgerBooks
    epochs: dict[str, int]
    creators: dict[str, CreatorRow] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    streams: dict[str, StreamRow] = field(default_factory=dict)
    sales: dict[str, SaleRow] = field(default_factory=dict)
    purchases: dict[str, NewPurchase] = field(default_factory=dict)
    payment_events: dict[str, SavePaymentEvent] = field(default_factory=dict)
    payouts: dict[str, NewPayout] = field(default_factory=dict)
    approvals: dict[str, dict[str, None]] = field(default_factory=dict)
    disputes: dict[str, DisputeRow] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    keys: dict[tuple[str, str], _Key] = field(default_factory=dict)

    def answers(self) -> dict[type, Callable[[Any], Any]]:
        """Return what answers each request."""
        return {
            SaveCreator: self._save_creator,
            ReadCreator: lambda request: self.creators.get(request.account),
            PrepareTip: self._prepare_tip,
            ListTips: self._list_tips,
            ReadTipStats: self._tip_stats,
            ListTranches: self._list_tranches,
            OpenStream: self._open_stream,
            SaveStream: self._save_stream,
            ReadStream: self._read_stream,
            ListStreams: self._list_streams,
            FindTicket: self._find_ticket,
            SavePurchase: self._save_purchase,
            ReadPurchase: lambda request: self._purchase(request.id),
            ListPurchases: self._list_purchases,
            SavePaymentEvent: self._save_event,
            OpenWallet: lambda request: self._bump(request.actor),
            ReadWallet: partial(read_wallet, self.ledger),
            ReadDirectEarnings: partial(read_direct_earnings, self.ledger),
            ListEntries: self._list_entries,
            SavePayout: self._save_payout,
            ReadPayout: lambda request: self._payout(request.id),
            ApprovePayout: self._approve,
            NotePayout: self._note,
            ListPayouts: self._list_payouts,
            SaveDispute: self._save_dispute,
            ReadDispute: lambda request: self.disputes.get(request.id),
            ListDisputes: self._list_disputes,
            BeginRequest: self._begin,
            FinishRequest: self._finish,
        }

    def _bump(self, actor: str) -> int:
        self.epochs[actor] = self.epochs.get(actor, 0) + 1
        return self.epochs[actor]

    def _check_epoch(self, actor: str, epoch: int) -> None:
        if self.epochs.get(actor) != epoch:
            raise _Fenced(f"{actor} was activated again after epoch {epoch}")

    def _happened(self, command_id: str) -> bool:
        decision = self.ledger.decisions.get(command_id)
        return decision is not None and decision.refused is None

    # Creators and tips.

    def _save_creator(self, request: SaveCreator) -> CreatorRow:
        new = request.creator
        known = self.creators.get(new.account)
        if known is not None:
            new = replace(new, created_at_us=known.created_at_us)
        self.creators[new.account] = new
        return new

    def _prepare_tip(self, request: PrepareTip) -> bool:
        if request.creator not in self.creators:
            return False
        if request.message:
            self.words.setdefault(request.tip, request.message)
        return True

    def tips(self) -> Iterator[TipRow]:
        """Yield every tip that was paid, oldest first."""
        back = self._taken_back()
        for command_id, entry in self._owned():
            if entry.transfer.kind == "tip":
                yield self._tip(command_id, entry, reversed_=entry.transfer.ref in back)

    def _taken_back(self) -> set[str]:
        transfers = (entry.transfer for entry in self.ledger.entries)
        return {one.ref for one in transfers if one.kind == "refund" and one.ref[:4] == "tip:"}

    def _owned(self) -> Iterator[tuple[str, Entry]]:
        for decision in self.ledger.decisions.values():
            for entry in decision.entries:
                yield decision.command_id, entry

    def _tip(self, command_id: str, entry: Entry, *, reversed_: bool) -> TipRow:
        said = entry.transfer.details
        amount, cut = int(said["amount"]), int(said["creator_cut"])
        return TipRow(
            id=command_id,
            tipper=said["from"],
            creator=said["to"],
            amount=amount,
            creator_cut=cut,
            platform_fee=amount - cut,
            message=self.words.get(command_id, ""),
            context=said["context"],
            created_at_us=entry.at_us,
            reversed=reversed_,
        )

    def _list_tips(self, request: ListTips) -> TipPage:
        who, side = request.account, request.side
        tips = [
            tip
            for tip in self.tips()
            if (tip.tipper == who and side != "received") or (tip.creator == who and side != "sent")
        ]
        tips.reverse()
        return TipPage(
            tips=tuple(tips[request.offset : request.offset + request.limit]),
            total=len(tips),
            amount=sum(tip.amount for tip in tips if not tip.reversed),
            reversed=sum(tip.reversed for tip in tips),
        )

    def _tip_stats(self, request: ReadTipStats) -> TipStats:
        by: dict[str, list[int]] = {}
        for tip in self.tips():
            if tip.reversed or tip.creator != request.creator:
                continue
            if tip.created_at_us >= request.since_us:
                by.setdefault(tip.tipper, []).append(tip.amount)
        sums = [(name, sum(amounts), len(amounts)) for name, amounts in by.items()]
        sums.sort(key=lambda each: (-each[1], each[0]))
        return TipStats(
            tips=sum(count for _, _, count in sums),
            amount=sum(amount for _, amount, _ in sums),
            largest=max((max(amounts) for amounts in by.values()), default=0),
            tippers=len(by),
            top=tuple(sums[:TOP_TIPPERS]),
        )

    def _list_tranches(self, request: ListTranches) -> tuple[Tranche, ...]:
        tranches = []
        for command_id, entry in self._owned():
            sold = entry.transfer
            balance = self.ledger.balances.get((sold.credit, sold.asset), Balance())
            mine = sold.credit.startswith(f"creator:{request.account}:escrow/")
            if not mine or balance.posted <= 0 or sold.kind == RESUMED_KIND:
                continue
            resumed = self._resumed(sold.credit)
            stream = self.streams.get(sold.details.get("stream", ""))
            sale = self.sales.get(sold.details.get("sale", ""))
            over = [stream.ended_at_us] if stream else [sale.closed_at_us] if sale else []
            tranches.append(
                Tranche(
                    sale=command_id,
                    account=request.account,
                    escrow=sold.credit,
                    asset=sold.asset,
                    amount=balance.posted,
                    product=sold.kind,
                    ref=sold.ref,
                    settled_at_us=entry.at_us,
                    delivered_at_us=over.pop() if over else entry.at_us,
                    frozen_at_us=resumed.get("frozen_at_us"),
                    resumed_at_us=resumed.get("resumed_at_us"),
                )
            )
        return tuple(tranches[: request.limit])

    def _resumed(self, escrow: str) -> dict[str, Any]:
        for entry in self.ledger.entries:
            if entry.transfer.credit == escrow and entry.transfer.kind == RESUMED_KIND:
                return entry.transfer.details
        return {}

    def _save_dispute(self, request: SaveDispute) -> None:
        self._check_epoch(request.actor, request.epoch)
        self.disputes[request.row.id] = request.row

    def _list_disputes(self, request: ListDisputes) -> tuple[DisputeRow, ...]:
        rows = [
            row
            for row in self.disputes.values()
            if request.account in (None, row.account)
            and not (request.unfinished and row.status not in UNFINISHED)
            and not (request.undecided and row.status in ("won", "lost"))
        ]
        rows.sort(key=lambda row: (row.opened_at_us, row.id), reverse=True)
        return tuple(rows[request.offset :][: request.limit])

    # Streams.

    def _open_stream(self, request: OpenStream) -> StreamOpened:
        return StreamOpened(epoch=self._bump(request.actor), row=self.streams.get(request.id))

    def _save_stream(self, request: SaveStream) -> None:
        self._check_epoch(request.actor, request.epoch)
        self.streams[request.row.id] = request.row

    def _read_stream(self, request: ReadStream) -> StreamView | None:
        for row in self.streams.values():
            if row.id == request.id or row.channel == request.channel:
                return self._view(row)
        return None

    def _view(self, row: StreamRow) -> StreamView:
        return StreamView(row=row, creator=self.creators.get(row.creator), sold=self.sold(row.id))

    def sold(self, stream: str) -> int:
        """Return how many seats of a stream are held."""
        return sum(
            balance.posted
            for (account, asset), balance in self.ledger.balances.items()
            if asset == SEAT
            and account.startswith(f"seats:{stream}:")
            and not account.endswith(":.pool")
        )

    def _list_streams(self, request: ListStreams) -> tuple[StreamView, ...]:
        rows = [
            row
            for row in self.streams.values()
            if request.creator in (None, row.creator) and request.status in (None, row.status)
        ]
        rows.sort(key=lambda row: (row.created_at_us, row.id), reverse=True)
        end = request.offset + request.limit
        return tuple(self._view(row) for row in rows[request.offset : end])

    def _find_ticket(self, request: FindTicket) -> TicketRow | None:
        account = seat_account(request.stream, request.account)
        if self.ledger.balances.get((account, SEAT), Balance()).posted < 1:
            return None
        for command_id, entry in reversed(list(self._owned())):
            transfer = entry.transfer
            if transfer.kind == "seat" and transfer.credit == account:
                return TicketRow(
                    id=command_id,
                    stream=request.stream,
                    account=request.account,
                    price=int(transfer.details["price"]),
                    purchased_at_us=entry.at_us,
                )
        raise AssertionError(account)

    # Tokens.

    def _save_purchase(self, request: SavePurchase) -> PurchaseRow:
        new = request.purchase
        self.purchases.setdefault(new.id, new)
        found = self._purchase(new.id)
        assert found is not None
        return found

    def _purchase(self, id_: str) -> PurchaseRow | None:
        purchase = self.purchases.get(id_)
        if purchase is None:
            return None
        return PurchaseRow(purchase=purchase, paid=self._happened(purchase.credit_id))

    def _list_purchases(self, request: ListPurchases) -> tuple[PurchaseRow, ...]:
        kept = [each for each in self.purchases.values() if request.account in (None, each.account)]
        kept.sort(key=lambda each: (each.created_at_us, each.id), reverse=True)
        rows = (self._purchase(each.id) for each in kept)
        found = [row for row in rows if row is not None and not (request.unpaid and row.paid)]
        return tuple(found[request.offset : request.offset + request.limit])

    def _save_event(self, request: SavePaymentEvent) -> bool:
        new = request.id not in self.payment_events
        self.payment_events.setdefault(request.id, request)
        return new

    def _list_entries(self, request: ListEntries) -> tuple[EntryRow, ...]:
        rows = []
        commands = {id(entry): command_id for command_id, entry in self._owned()}
        for entry in reversed(self.ledger.entries):
            transfer = entry.transfer
            moved = transfer.flag in ("plain", "post") and transfer.asset == request.asset
            if not moved or request.account not in (transfer.debit, transfer.credit):
                continue
            out = transfer.debit == request.account
            rows.append(
                EntryRow(
                    id=transfer.id,
                    command=commands.get(id(entry)),
                    kind=transfer.kind,
                    amount=-transfer.amount if out else transfer.amount,
                    balance=entry.debit_posted if out else entry.credit_posted,
                    ref=transfer.ref,
                    details=transfer.details,
                    at_us=entry.at_us,
                )
            )
        return tuple(rows[request.offset : request.offset + request.limit])

    # Cash-outs.

    def _save_payout(self, request: SavePayout) -> PayoutRow:
        self._check_epoch(request.actor, request.epoch)
        self.payouts.setdefault(request.payout.id, request.payout)
        found = self._payout(request.payout.id)
        assert found is not None
        return found

    def _payout(self, id_: str) -> PayoutRow | None:
        payout = self.payouts.get(id_)
        if payout is None:
            return None
        return PayoutRow(
            payout=payout,
            held=self._happened(payout.hold_id),
            paid=self._happened(payout.pay_id),
            cancelled=self._happened(payout.void_id),
            approvals=tuple(self.approvals.get(id_, {})),
            reference=self.references.get(id_),
        )

    def _approve(self, request: ApprovePayout) -> PayoutRow | None:
        if request.id in self.payouts:
            self.approvals.setdefault(request.id, {}).setdefault(request.approver, None)
        return self._payout(request.id)

    def _note(self, request: NotePayout) -> PayoutRow | None:
        self.references.setdefault(request.id, request.reference)
        return self._payout(request.id)

    def _list_payouts(self, request: ListPayouts) -> tuple[PayoutRow, ...]:
        payouts = [
            payout for payout in self.payouts.values() if request.account in (None, payout.account)
        ]
        payouts.sort(key=lambda each: (each.requested_at_us, each.id), reverse=True)
        page = payouts[request.offset : request.offset + request.limit]
        return tuple(row for row in (self._payout(each.id) for each in page) if row is not None)

    # Keys.

    def _begin(self, request: BeginRequest) -> Claimed:
        at = request.owner, request.key
        known = self.keys.get(at)
        if known is not None and known.lapses_us <= request.now_us:
            known = None
        if known is None:
            self.keys[at] = _Key(request.digest, request.lapses_us)
            return Claimed(ours=True)
        same = known.digest == request.digest
        return Claimed(ours=False, same=same, status=known.status, body=known.body)

    def _finish(self, request: FinishRequest) -> None:
        at = request.owner, request.key
        known = self.keys.get(at)
        if known is None:
            return
        if request.status is None:
            del self.keys[at]
            return
        known.status, known.body = request.status, request.body
        known.lapses_us = request.kept_until_us
