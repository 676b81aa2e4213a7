"""The invariants, each a checker with a name and a sentence; they look on at every step.

`ALL` has them in the order in which they run. Each has been seen to fail: a test plants a bug for
it.
"""

from __future__ import annotations

from sim.checkers.audibility import LedgerIsTrue
from sim.checkers.base import Checker, Checks, Scene, Violation
from sim.checkers.booths import MicrophonesCostTheirTime, SpaceTicketsAreHonest
from sim.checkers.calls import (
    BlocksAreShared,
    ChargesAddUp,
    CrashesCostNobody,
    EachBlockOnce,
    NoBlockWithoutHold,
    NothingIsDueEarly,
    NothingStaysHeld,
    OneMeterInPower,
    OnlyProvedTimeCounts,
)
from sim.checkers.chat import AcknowledgedStays, ChatIsWhole, OneChatOrder
from sim.checkers.disputes import (
    DebtsTakeHalf,
    DisputesHappenOnce,
    EarningsAddUp,
    ReleasesWait,
)
from sim.checkers.frames import FramesAreTrue
from sim.checkers.hall import (
    OneSpeaker,
    QueuesAreFair,
    RolesEndWithTheGrace,
    WishesAreAnswered,
)
from sim.checkers.hearing import (
    HearersAreKnown,
    HearingFollowsTheMode,
    LinksAreKnown,
    NeverHeard,
    NoTickMixesModes,
)
from sim.checkers.money import BalancesAgree, HistoryFollows, HistoryStays, PaidAsTold
from sim.checkers.node import (
    HeadCountsAgree,
    NothingGoesMissing,
    NothingIsLeftOver,
    RowsMatchPeople,
    WithinBounds,
)
from sim.checkers.payouts import PayoutsArePaidOnce
from sim.checkers.people import (
    EverybodyGetsIn,
    NobodyIsShownNonsense,
    StoryEndsAsTold,
    WordsAreAnswered,
)
from sim.checkers.premium import PremiumIsPaidFor
from sim.checkers.presence import (
    LeftExactlyOnce,
    NoPoseAfterLeaving,
    OneBodyASession,
    OnlyJoiningMakesABody,
    OnlyMembersHear,
    PosesGoForward,
    RostersAgree,
    SignalsStayInside,
)
from sim.checkers.recovery import EveryOrderedEventOnce
from sim.checkers.scene import (
    EntitiesAgree,
    EntitiesHaveOwners,
    NewcomersSeeTheScene,
    PersistentEntitiesAreKept,
)
from sim.checkers.subscriptions import (
    InvoicesSettleOnce,
    PaymentsAreKept,
    PromoCodesHold,
    SubscriptionsAreGranted,
)
from sim.checkers.trades import (
    ReserveCoversTokens,
    SeatsAreSoldOnce,
    TipsAreShownWhenPaid,
    WalletsEndAsTold,
    WishesAreSettled,
)
from sim.checkers.webhooks import EffectsAreTold

ALL: tuple[type[Checker], ...] = (
    RostersAgree,
    OneBodyASession,
    OnlyJoiningMakesABody,
    NoPoseAfterLeaving,
    LeftExactlyOnce,
    OnlyMembersHear,
    SignalsStayInside,
    EveryOrderedEventOnce,
    OneChatOrder,
    AcknowledgedStays,
    NothingGoesMissing,
    WithinBounds,
    NobodyIsShownNonsense,
    EverybodyGetsIn,
    WordsAreAnswered,
    ChatIsWhole,
    PosesGoForward,
    FramesAreTrue,
    NothingIsLeftOver,
    RowsMatchPeople,
    HeadCountsAgree,
    NewcomersSeeTheScene,
    EntitiesHaveOwners,
    EntitiesAgree,
    PersistentEntitiesAreKept,
    BlocksAreShared,
    EachBlockOnce,
    ChargesAddUp,
    OnlyProvedTimeCounts,
    NoBlockWithoutHold,
    CrashesCostNobody,
    OneMeterInPower,
    NothingStaysHeld,
    NothingIsDueEarly,
    StoryEndsAsTold,
    OneSpeaker,
    QueuesAreFair,
    RolesEndWithTheGrace,
    WishesAreAnswered,
    HearingFollowsTheMode,
    NeverHeard,
    LinksAreKnown,
    HearersAreKnown,
    NoTickMixesModes,
    BalancesAgree,
    HistoryStays,
    HistoryFollows,
    PaidAsTold,
    ReserveCoversTokens,
    SeatsAreSoldOnce,
    TipsAreShownWhenPaid,
    WishesAreSettled,
    WalletsEndAsTold,
    PayoutsArePaidOnce,
    PromoCodesHold,
    InvoicesSettleOnce,
    PaymentsAreKept,
    SubscriptionsAreGranted,
    LedgerIsTrue,
    SpaceTicketsAreHonest,
    MicrophonesCostTheirTime,
    PremiumIsPaidFor,
    EarningsAddUp,
    DisputesHappenOnce,
    ReleasesWait,
    DebtsTakeHalf,
    EffectsAreTold,
)

__all__ = ["ALL", "Checker", "Checks", "Scene", "Violation"]
